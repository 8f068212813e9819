import { STATUS_CODES } from 'node:http'
import type { ErrorRequestHandler, Response } from 'express'
import * as z from 'zod'
import type { Log } from '../log.ts'
import { isDatabaseAway, isDatabaseBusy } from '../mongo-errors.ts'
import { HttpError } from '../respond.ts'
import { isShuttingDown } from '../shutdown.ts'

/** How an error looks to a program: RFC 9457 "Problem Details for HTTP APIs", with a `code` of ours. */
export const problemSchema = z
  .object({
    type: z.literal('about:blank'),
    title: z.string().describe('What the status means'),
    status: z.int(),
    detail: z.string().describe('A sentence for people'),
    code: z.string().describe('For programs'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457, with a code for programs' })
export type Problem = z.infer<typeof problemSchema>

/** When to try again after a 503, in seconds. */
const RETRY_AFTER_S = 2

/** The log says at most this often that the database is away, in milliseconds. */
const REPEAT_MS = 10_000

/** What the outside may learn about any error. `doing` is for the log. */
export type ToHttpError = (error: unknown, doing: string) => HttpError

/** Translates errors for HTTP and sockets alike. An unforeseen error is logged, and the answer tells nothing of it. */
export function createErrorTranslation(log: Log): ToHttpError {
  let saidAt = Number.NEGATIVE_INFINITY
  return (error, doing) => {
    if (error instanceof HttpError) return error
    if (isDatabaseBusy(error)) return new HttpError(503, 'busy', 'Too much at once: try again in a moment.')
    if (isDatabaseAway(error)) {
      // At a stop it is this process that goes away, in the middle of what it asked.
      if (performance.now() - saidAt > REPEAT_MS && !isShuttingDown()) {
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

function sendProblem(res: Response, { status, code, message, headers }: HttpError): void {
  // RFC 9110 section 11.6.1: every 401 says how to authenticate. RFC 6750: with a bearer token.
  if (status === 401) res.setHeader('www-authenticate', 'Bearer')
  if (status === 503) res.setHeader('retry-after', RETRY_AFTER_S)
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
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
