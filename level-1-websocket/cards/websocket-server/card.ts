import type { Card } from '@levels/shared/cards.ts'

export default {
  name: 'websocket-server',
  level: 1,
  gives:
    'A WebSocket on your HTTP server that keeps out foreign pages, vanished peers, slow readers and large messages, and says goodbye at shutdown.',
  promises: [
    'arrives',
    'in-order',
    'foreign-pages',
    'bad-input',
    'flood',
    'slow-reader',
    'dead-peer',
    'goodbye',
  ],
  entries: ['level-1-websocket/src/websocket.ts', 'shared/server/origin.ts'],
  packages: { runtime: ['ws'], types: ['@types/ws', '@types/node'] },
  whenNot: [
    'Messages need names, answers or rooms: that is Socket.IO, level 2.',
    'A message must reach somebody who is away: nothing is kept here.',
    'You run more than one instance: a push reaches the sockets of its own process.',
  ],
  wiring: `const sockets = attachWebSockets(http, {
  path: '/ws',
  isAllowedOrigin: createOriginCheck([]),
  heartbeatMs: 30_000,
  maxMessageBytes: 65_536,
  maxClients: 10_000,
  onMessage: (data, isBinary, send) => send(data, isBinary),
})
sockets.push('hello')`,
} satisfies Card
