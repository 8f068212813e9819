/** An answer that says no: an HTTP status, a code for programs and a sentence for people. */
export class HttpError extends Error {
  readonly status: number
  readonly code: string
  /** Further headers of the answer. */
  readonly headers: Record<string, string>

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

/** 429, good again after `waitMs` milliseconds (`Retry-After`, RFC 6585 section 4). */
export function tooMany(waitMs: number, what = 'Too many attempts'): HttpError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000))
  return new HttpError(429, 'rate_limited', `${what}: try again in ${seconds} seconds.`, {
    'retry-after': String(seconds),
  })
}
