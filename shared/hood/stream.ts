import type { IncomingMessage, ServerResponse } from 'node:http'
import { isFromElsewhere } from '../server/origin.ts'
import { sendError } from '../server/respond.ts'
import { type Happening, PULSE } from './happening.ts'
import { lookEverywhere, story } from './story.ts'

/** Where a page hears what servers do, as Server-Sent Events (HTML Standard, section 9.2). Development only. */
export const HOOD_PATH = '/under-the-hood'

/** The last ones: a page that comes back, perhaps from an instance that died, gets what it missed, and knows it by its key. */
const KEPT = 200
const MAX_READERS = 50
/** A reader that does not read is cut, in bytes. */
const MAX_WAITING = 1_048_576

/** Sends everything that is told to the pages that look. Nobody looks: nobody listens. */
export function createStream() {
  const readers = new Set<ServerResponse>()
  const kept: Happening[] = []
  let stopLooking: (() => void) | undefined

  const hear = (message: unknown) => {
    const happening = message as Happening
    if (happening.label !== PULSE) kept.push(happening)
    if (kept.length > KEPT) kept.shift()
    for (const reader of readers) send(reader, message)
  }
  const send = (reader: ServerResponse, message: unknown) => {
    if (reader.writableLength > MAX_WAITING) return reader.destroy()
    reader.write(`data: ${JSON.stringify(message)}\n\n`)
  }
  const leave = (reader: ServerResponse) => {
    if (!readers.delete(reader) || readers.size > 0) return
    story.unsubscribe(hear)
    stopLooking?.()
    kept.length = 0
  }

  function welcome(res: ServerResponse): void {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    res.write(`retry: 500\ndata: ${JSON.stringify({ now: Date.now() })}\n\n`)
    for (const message of kept) send(res, message)
    const isFirst = readers.size === 0
    readers.add(res)
    if (isFirst) {
      story.subscribe(hear)
      stopLooking = lookEverywhere()
    }
    res.on('close', () => leave(res))
  }

  return {
    handle(req: IncomingMessage, res: ServerResponse): void {
      // Another site's page may not even hold a connection open.
      if (isFromElsewhere(req))
        sendError(res, 403, 'origin_refused', 'This page may not look under the hood here.')
      else if (readers.size >= MAX_READERS) sendError(res, 503, 'full', 'Too many pages look already.')
      else welcome(res)
    },
    close() {
      for (const reader of readers) {
        leave(reader)
        reader.end()
      }
    },
  }
}
