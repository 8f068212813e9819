import { listen } from '@levels/shared/client/tap.ts'
import type { Part, Wire } from '@levels/shared/client/wire.ts'
import { asHex } from './log.ts'

/** What the close codes that one meets here mean (RFC 6455 section 7.4.1). */
const closeCodes: Record<number, string> = {
  1000: 'closed on purpose',
  1001: 'the server goes away',
  1005: 'closed, and no reason was given',
  1006: 'gone without a goodbye: no close frame came',
  1009: 'the message was too big for the server',
}

/** Of a request that the browser makes itself, a script sees the address, and nothing of what is in here. */
const UPGRADE_HEADERS =
  'Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Key: (hidden from scripts)\nSec-WebSocket-Version: 13\n' +
  `Origin: ${location.origin}`

/** Shows every frame that crosses the socket on the wire. */
export function showFrames(wire: Wire): void {
  listen({
    opening: (url) =>
      wire.add({
        direction: 'out',
        kind: 'upgrade',
        raw: `GET ${new URL(url).pathname} HTTP/1.1\nUpgrade: websocket`,
        why: 'an HTTP request that asks to become a WebSocket',
        parts: () => [
          { name: 'request', text: `GET ${new URL(url).pathname} HTTP/1.1` },
          { name: 'what the browser adds', text: UPGRADE_HEADERS },
        ],
      }),
    open: () =>
      wire.add({
        direction: 'in',
        kind: 'open',
        raw: '101 Switching Protocols',
        why: 'from here on there are only frames',
      }),
    frame(direction, data, bytes) {
      const kind = typeof data === 'string' ? 'text' : 'binary'
      const raw = typeof data === 'string' ? data : data instanceof ArrayBuffer ? asHex(data) : '…'
      const why =
        direction === 'out'
          ? 'one frame to the server'
          : 'one frame from the server: an echo or a push, it does not say'
      const length = typeof data === 'string' ? `${data.length} UTF-16 units, ` : ''
      const parts = (): Part[] => [
        { name: 'opcode', text: kind === 'text' ? '1 = text, UTF-8' : '2 = binary' },
        { name: 'length', text: `${length}${bytes} bytes` },
        { name: 'payload', text: raw },
      ]
      wire.add({ direction, kind, raw, bytes, why, parts })
    },
    close: (code, reason) =>
      wire.add({
        // These two never cross: they say that no close frame, or none with a code, came (RFC 6455 section 7.4.1).
        direction: code === 1005 || code === 1006 ? 'note' : 'in',
        kind: 'close',
        raw: `${code} ${reason}`.trim(),
        why: closeCodes[code] ?? 'the connection ended',
      }),
  })
}
