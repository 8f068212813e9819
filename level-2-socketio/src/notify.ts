import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { OriginCheck } from '@levels/shared/server/origin.ts'
import { HttpError, readText as readBody } from '@levels/shared/server/respond.ts'
import { type Payload, readPayload } from './answer.ts'
import type { Notification, NotifyResult } from './events.ts'
import { type Level2Io, tabsOf } from './io.ts'
import { LIMITS, readRecipient, readText } from './payload.ts'
import type { Presence } from './presence.ts'
import { Refusal } from './refusal.ts'

/**
 * `POST /notify`: a notification from any program to everyone, or to one user, who must be online or have lost the
 * connection a moment ago: nothing else is kept.
 * Throws HttpError: 405 for another method, 403 for a foreign page, 415 for anything but JSON, 400 for a bad body,
 * 404 `user_offline`.
 */
export async function notify(
  req: IncomingMessage,
  { io, presence, isAllowedOrigin }: { io: Level2Io; presence: Presence; isAllowedOrigin: OriginCheck },
): Promise<NotifyResult> {
  if (req.method !== 'POST') {
    throw new HttpError(405, 'method_not_allowed', 'Send a notification with POST.', { allow: 'POST' })
  }
  if (!isAllowedOrigin(req)) {
    throw new HttpError(403, 'origin_refused', 'This page may not send notifications here.')
  }
  const type = req.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json') {
    throw new HttpError(415, 'not_json', 'Send JSON: curl -H "content-type: application/json" …')
  }
  const body = parseJson(await readBody(req, LIMITS.packetBytes))
  try {
    return deliver(io, presence, readPayload([body]))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { code, message } = error.data
    throw new HttpError(code === 'user_offline' ? 404 : 400, code, message)
  }
}

/**
 * Lets a page of an allowed origin read the answer; and answers its browser when that asks first, as it does for JSON
 * (Fetch Standard, "CORS protocol"). Returns whether that was all it wanted.
 */
export function answersPreflight(req: IncomingMessage, res: ServerResponse): boolean {
  const { origin } = req.headers
  if (origin === undefined) return false
  res.setHeader('access-control-allow-origin', origin)
  res.setHeader('vary', 'origin')
  if (req.method !== 'OPTIONS') return false
  res.setHeader('access-control-allow-methods', 'POST')
  res.setHeader('access-control-allow-headers', 'content-type')
  res.writeHead(204).end()
  return true
}

function deliver(io: Level2Io, presence: Presence, payload: Payload): NotifyResult {
  const notification: Notification = {
    id: randomUUID(),
    from: null,
    text: readText(payload),
    at: new Date().toISOString(),
  }
  if (payload.to === undefined) {
    io.emit('notification:new', notification)
    return { delivered: io.sockets.sockets.size, held: presence.held() }
  }
  const user = presence.users.reach(readRecipient(payload))
  io.to(tabsOf(user)).emit('notification:new', notification)
  return { delivered: user.tabs, held: presence.held(user) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new HttpError(400, 'bad_payload', 'The body is not JSON.')
  }
}
