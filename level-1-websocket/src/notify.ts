import type { IncomingMessage } from 'node:http'
import type { OriginCheck } from '@levels/shared/server/origin.ts'
import { HttpError, readText } from '@levels/shared/server/respond.ts'
import { NOTIFY_MAX_LENGTH } from './events.ts'

/** A UTF-16 unit takes at most three bytes in UTF-8. */
const MAX_BYTES = NOTIFY_MAX_LENGTH * 3

/**
 * The text of a `POST /notify`: the body as it is, whatever its content type (`curl -d` says it is a form).
 * Throws HttpError: 405 for another method, 403 for a foreign page, 400 for nothing or no UTF-8, 413 for too much.
 */
export async function readNotification(req: IncomingMessage, isAllowedOrigin: OriginCheck): Promise<string> {
  if (req.method !== 'POST') {
    throw new HttpError(405, 'method_not_allowed', 'Send a notification with POST.', { allow: 'POST' })
  }
  if (!isAllowedOrigin(req))
    throw new HttpError(403, 'origin_refused', 'This page may not send notifications here.')
  const text = await readText(req, MAX_BYTES)
  if (text === '') throw new HttpError(400, 'empty', 'Send the text of the notification as the body.')
  if (text.length > NOTIFY_MAX_LENGTH) {
    throw new HttpError(413, 'too_long', `A notification may have at most ${NOTIFY_MAX_LENGTH} characters.`)
  }
  return text
}
