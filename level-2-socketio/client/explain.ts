import { type ExplainEvent, explainPacket, packetParts } from '@levels/shared/client/explain-packet.ts'
import { listen } from '@levels/shared/client/tap.ts'
import type { Wire } from '@levels/shared/client/wire.ts'
import { closeEntry, openEntry, upgradeEntry } from '@levels/shared/client/wire-http.ts'
import type { Message } from '../src/events.ts'

/** One line about each event of this level, from the page's point of view. */
const sentences: Record<string, { in?: string; out?: string }> = {
  session: { in: 'the whole state: who I am, who is here, my rooms' },
  'user:joined': { in: 'somebody came, with the first tab' },
  'user:left': { in: 'somebody is gone: the last tab went 3 s ago' },
  'message:send': { out: 'a message, please pass it on' },
  'room:join': { out: 'let me into a room' },
  'room:leave': { out: 'take me out of a room' },
  'room:joined': { in: 'somebody joined a room I am in' },
  'room:left': { in: 'somebody left a room' },
  'notification:new': { in: 'a notification from outside' },
  typing: { in: 'somebody is typing', out: 'I am typing' },
}

const explainEvent: ExplainEvent = (name, [payload], direction) => {
  if (name === 'message:new' && payload) return explainMessage(payload as Message)
  return Object.hasOwn(sentences, name) ? sentences[name]?.[direction] : undefined
}

function explainMessage({ room, to }: Message): string {
  if (room !== null) return 'a message in a room I am in'
  return to === undefined ? 'a message to everyone' : 'a private message: nobody else gets this packet'
}

/** Shows every packet that crosses the socket on the wire. */
export function showPackets(wire: Wire): void {
  listen({
    opening: (url) =>
      wire.add(upgradeEntry(url, 'Engine.IO, the layer beneath Socket.IO, opens a WebSocket')),
    open: () => wire.add(openEntry),
    frame(direction, data, bytes) {
      const raw = typeof data === 'string' ? hideIds(data) : '(bytes)'
      const explanation = explainPacket(raw, direction, explainEvent)
      wire.add({ direction, raw, bytes, ...explanation, parts: () => packetParts(raw) })
    },
    close: (code, reason) => wire.add(closeEntry(code, reason)),
  })
}

/** Who holds one of these two is that user, for as long as the server keeps the name: only their first letters. */
function hideIds(raw: string): string {
  return raw.replace(/("(?:pid|sessionId)":"[\w-]{4})[\w-]+/g, '$1…')
}
