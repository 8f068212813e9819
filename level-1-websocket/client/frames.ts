import { listen } from '@levels/shared/client/tap.ts'
import type { Part, Wire } from '@levels/shared/client/wire.ts'
import { closeEntry, openEntry, upgradeEntry } from '@levels/shared/client/wire-http.ts'
import { asHex } from './log.ts'

/** Shows every frame that crosses the socket on the wire. */
export function showFrames(wire: Wire): void {
  listen({
    opening: (url) => wire.add(upgradeEntry(url, 'an HTTP request that asks to become a WebSocket')),
    open: () => wire.add(openEntry),
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
    close: (code, reason) => wire.add(closeEntry(code, reason)),
  })
}
