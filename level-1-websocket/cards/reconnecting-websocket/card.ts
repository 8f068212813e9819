import type { Card } from '@levels/shared/cards.ts'

export default {
  name: 'reconnecting-websocket',
  level: 1,
  gives: 'A WebSocket for pages that comes back by itself: 0.5 s, doubling to 15 s, with full jitter.',
  promises: [],
  noPromise:
    "servers keep promises, and this is a page's part. Level 1's own page is tried with it, on a server that goes away and comes back.",
  entries: ['level-1-websocket/client/connection.ts'],
  packages: { runtime: [] },
  whenNot: [
    'What was sent while the connection was away matters: it is lost here.',
    'You use Socket.IO: its client reconnects by itself.',
  ],
  wiring: `const connection = createConnection('wss://example.com/ws', {
  onMessage: (data) => console.log(data),
  onState: (state, delayMs) => console.log(state, delayMs),
})
connection.connect()`,
} satisfies Card
