import { STATUS_CODES } from 'node:http'
import type { Log } from '@levels/shared/server/log.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import type { ErrorRequestHandler, Response } from 'express'
import { TooMany } from '../sessions/rate-limits.ts'

/** How an error looks to a program (RFC 9457 "Problem Details for HTTP APIs", with a code of ours). */
export interface Problem {
  type: 'about:blank'
  title: string
  status: number
  detail: string
  code: string
}

/** When to try again after the database was away, in seconds. */
const RETRY_AFTER_S = 2

/** How often it is logged that the database is away, in milliseconds: it would be said at every request. */
const REPEAT_MS = 10_000

/** What may be told to the outside about any error; `doing` is for the log. */
export type ToHttpError = (error: unknown, doing: string) => HttpError

/** For HTTP and the socket alike. Whatever is not foreseen is logged, and nothing of it is told. */
export function createErrorTranslation(log: Log): ToHttpError {
  let saidAt = Number.NEGATIVE_INFINITY
  return (error, doing) => {
    if (error instanceof HttpError) return error
    if (isDatabaseAway(error)) {
      if (performance.now() - saidAt > REPEAT_MS) {
        saidAt = performance.now()
        log.warn(`The database is away: ${error}`)
      }
      return new HttpError(503, 'database_unavailable', 'The database is away: try again in a moment.')
    }
    const unreadable = fromExpress(error)
    if (unreadable) return unreadable
    log.error(`${doing} failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`)
    return new HttpError(500, 'internal', 'The server failed to do this. Its log says why.')
  }
}

export function sendProblem(res: Response, error: HttpError): void {
  const { status, code, message } = error
  // RFC 9110 section 11.6.1: every 401 says how to authenticate. RFC 6750: with a bearer token.
  if (status === 401) res.setHeader('www-authenticate', 'Bearer')
  if (error instanceof TooMany) res.setHeader('retry-after', error.retryAfterS)
  else if (status === 503) res.setHeader('retry-after', RETRY_AFTER_S)
  const title = STATUS_CODES[status] ?? 'Error'
  const problem: Problem = { type: 'about:blank', title, status, detail: message, code }
  res.status(status).type('application/problem+json').send(JSON.stringify(problem))
}

/** Express knows an error handler by its four parameters. */
export function problemHandler(toHttpError: ToHttpError): ErrorRequestHandler {
  return (error, req, res, _next) => {
    const told = toHttpError(error, `${req.method} ${req.path}`)
    if (res.headersSent) res.destroy()
    else sendProblem(res, told)
  }
}

/**
 * The driver's ways to say that there is no MongoDB at the moment. By name or code: not all of these classes are exported,
 * and `instanceof` of something that is undefined is itself an error.
 */
const away = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoServerSelectionError',
  'MongoWaitQueueTimeoutError',
  'MongoPoolClearedError',
  'MongoPoolClosedError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoClientClosedError',
  // A write to a connection that was just reset fails with Node's own error.
  'ECONNRESET',
  'EPIPE',
])

function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return away.has(error.name) || ('code' in error && away.has(String(error.code)))
}

/** What Express and its body parser throw for a request they cannot read. */
function fromExpress(error: unknown): HttpError | undefined {
  if (!(error instanceof Error && 'status' in error && typeof error.status === 'number')) return undefined
  switch ('type' in error && error.type) {
    case 'entity.too.large':
      return new HttpError(413, 'too_large', 'The body is larger than 64 KiB.')
    case 'entity.parse.failed':
      return new HttpError(400, 'bad_json', 'The body is not valid JSON.')
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return new HttpError(415, 'unsupported_media_type', 'Send the body as JSON in UTF-8.')
    default:
      return error.status < 500
        ? new HttpError(error.status, 'bad_request', 'The request could not be read.')
        : undefined
  }
}
