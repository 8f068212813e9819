import { type Agent, type IncomingHttpHeaders, request } from 'node:http'

export interface Call {
  method?: string
  headers?: Record<string, string>
  /** An object is sent as JSON, a text or bytes as they are. */
  body?: unknown
  /** How long the answer may take, in milliseconds (10,000). */
  timeoutMs?: number
  /** Keeps connections; by default each call has one of its own. */
  agent?: Agent | undefined
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** The body as JSON; undefined when it is none. */
  json: unknown
}

/** No answer came: the connection was refused or cut, or it took too long. Whether the server did it is unknown. */
export class NoAnswer extends Error {}

/** Calls over a connection that a link may cut. Rejects with NoAnswer; every status is an answer. */
export function call(
  url: string,
  { method = 'GET', headers, body, timeoutMs = 10_000, agent }: Call = {},
): Promise<Answer> {
  const isRaw = typeof body === 'string' || Buffer.isBuffer(body)
  const content = body === undefined || isRaw ? body : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const { pathname } = new URL(url)
    const fail = (error: Error) => {
      const why = error.name === 'AbortError' ? `not within ${timeoutMs / 1_000} s` : error.message
      reject(new NoAnswer(`no answer to ${method} ${pathname}: ${why}`))
    }
    const sending = request(
      url,
      {
        method,
        agent: agent ?? false,
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          ...(content !== undefined && { 'content-length': Buffer.byteLength(content as string | Buffer) }),
          ...(content !== undefined && !isRaw && { 'content-type': 'application/json' }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', fail)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parse(text) })
        })
      },
    )
    sending.on('error', fail)
    sending.end(content)
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
