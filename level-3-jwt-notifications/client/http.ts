/** A call that failed: by its status and code for the program, by its message for people. Status 0: no answer came. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  /** In seconds, from `Retry-After`. */
  readonly retryAfterS: number | undefined

  constructor(status: number, code: string, message: string, retryAfterS?: number) {
    super(message)
    this.status = status
    this.code = code
    this.retryAfterS = retryAfterS
  }
}

export interface Request {
  /** Sent as JSON. */
  body?: unknown
  /** An access token. */
  token?: string | undefined
  headers?: Record<string, string>
}

/** A call that is over, for whoever watches. Status 0: no answer came. */
export interface HttpCall {
  method: string
  path: string
  status: number
  /** The problem's code, when it was one. */
  code?: string | undefined
  /** Of the answer. */
  bytes: number
  /** What was sent and what came, as text. With the secrets in it: mask them before they are shown. */
  sent: { headers: Record<string, string>; body: string }
  answer: string
}

const TIMEOUT_MS = 15_000
const watchers = new Set<(call: HttpCall) => void>()

/** Hears of every call from now on. */
export function watchHttp(watcher: (call: HttpCall) => void): void {
  watchers.add(watcher)
}

/** Calls the API. Returns the status and the JSON of the answer; throws Problem for anything but success. */
export async function http<T>(
  method: string,
  path: string,
  { body, token, headers }: Request = {},
): Promise<{ status: number; data: T }> {
  let response: Response
  let text = ''
  const sent = {
    body: body === undefined ? '' : JSON.stringify(body),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
  }
  const report = (status: number, bytes: number, code?: string) => {
    for (const watcher of watchers) watcher({ method, path, status, bytes, code, sent, answer: text })
  }
  try {
    response = await fetch(path, {
      method,
      body: body === undefined ? null : sent.body,
      headers: sent.headers,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    text = await response.text()
  } catch {
    report(0, 0)
    throw new Problem(0, 'unreachable', 'The server cannot be reached.')
  }
  const bytes = new TextEncoder().encode(text).length
  if (response.ok) {
    report(response.status, bytes)
    return { status: response.status, data: parse(text) as T }
  }
  const problem = toProblem(response, parse(text))
  report(response.status, bytes, problem.code)
  throw problem
}

/** RFC 9457: `application/problem+json`, here with a `code`. A proxy in between may answer with anything else. */
function toProblem({ status, headers }: Response, body: unknown): Problem {
  const { code, detail } = (body ?? {}) as { code?: unknown; detail?: unknown }
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN)
  return new Problem(
    status,
    typeof code === 'string' ? code : 'unknown',
    typeof detail === 'string' ? detail : `The server answered ${status}.`,
    Number.isFinite(retryAfter) ? retryAfter : undefined,
  )
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
