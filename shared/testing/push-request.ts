import type { IncomingMessage } from 'node:http'
import { checkVapid, VapidError } from './push-vapid.ts'

/** What every push service must take; none of the large ones takes more (RFC 8030 §7.2). */
const MAX_BODY_BYTES = 4096
const URGENCIES = ['very-low', 'low', 'normal', 'high']

export class PushRefused extends Error {
  readonly status: number
  readonly headers: Record<string, string>

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

export interface PushRequest {
  headers: { ttl: number; urgency: string; topic: string | undefined }
  /** Still encrypted. */
  body: Buffer
}

/**
 * Checks a request to an endpoint as a push service does (RFC 8030 §5, RFC 8292 §4.2); throws PushRefused.
 * `applicationServerKey`: the only sender that this subscription accepts, if it was made for one.
 */
export async function acceptPush(
  request: IncomingMessage,
  origin: string,
  applicationServerKey: string | undefined,
): Promise<PushRequest> {
  if (request.method !== 'POST') throw new PushRefused(405, 'POST only', { allow: 'POST' })
  const body = await readBody(request)
  checkSender(request.headers.authorization, origin, applicationServerKey)
  const headers = readHeaders(request)
  if (body.length > 0 && request.headers['content-encoding'] !== 'aes128gcm') {
    throw new PushRefused(400, 'Content-Encoding must be aes128gcm')
  }
  return { headers, body }
}

function checkSender(authorization: string | undefined, origin: string, onlyKey: string | undefined): void {
  try {
    const key = checkVapid(authorization, origin)
    if (onlyKey !== undefined && key !== onlyKey) {
      throw new VapidError(403, 'this subscription was made for another VAPID key')
    }
  } catch (problem) {
    if (!(problem instanceof VapidError)) throw problem
    throw new PushRefused(problem.status, problem.message, { 'www-authenticate': 'vapid' })
  }
}

function readHeaders({ headers }: IncomingMessage): PushRequest['headers'] {
  const { ttl, urgency = 'normal', topic } = headers
  if (typeof ttl !== 'string' || !/^\d+$/.test(ttl)) throw new PushRefused(400, 'TTL is missing or no number')
  if (!URGENCIES.includes(String(urgency))) throw new PushRefused(400, 'Urgency is unknown')
  if (topic !== undefined && !/^[\w-]{1,32}$/.test(String(topic))) {
    throw new PushRefused(400, 'Topic is not 1 to 32 URL-safe characters')
  }
  return {
    ttl: Number(ttl),
    urgency: String(urgency),
    topic: topic === undefined ? undefined : String(topic),
  }
}

/** Reads to the end even when it is too much, so that the sender gets the answer and not a broken connection. */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  if (size > MAX_BODY_BYTES) throw new PushRefused(413, `more than ${MAX_BODY_BYTES} bytes`)
  return Buffer.concat(chunks)
}
