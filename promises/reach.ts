import { call, NoAnswer } from './http.ts'
import { ServerProblem } from './server-process.ts'

const WITHIN_MS = 5_000

/**
 * Looks whether something that may be a notification server is at these addresses, by its `GET /healthz`. Rejects with ServerProblem that says what is there instead.
 */
export async function reach(urls: readonly string[]): Promise<void> {
  for (const url of urls) {
    const answer = await call(`${url}/healthz`, { timeoutMs: WITHIN_MS }).catch((error: unknown) => {
      if (!(error instanceof NoAnswer)) throw error
      throw new ServerProblem(`${url} does not answer: ${error.message}`)
    })
    const { status, headers, text } = answer
    if (status >= 300 && status < 400) {
      throw new ServerProblem(`${url} redirects to ${headers.location ?? 'nowhere'}: name that address`)
    }
    if (status >= 500)
      throw new ServerProblem(`${url} answers ${status} to GET /healthz: the server is not well`)
    // A server without that route is fine; a page is no notification server.
    if (/^\s*</.test(text)) {
      throw new ServerProblem(
        `${url} answers GET /healthz with a page (HTML, ${status}): is this the server’s port?`,
      )
    }
  }
}
