import type { Card } from '@levels/shared/cards.ts'

export default {
  name: 'inbox',
  level: 3,
  gives:
    'What a page knows of its user’s log: each notification once, whichever way and however often it came, and a contiguous cursor to ask with after a lost connection.',
  promises: [],
  noPromise:
    "servers keep promises, and this is a page's part. `npm run prove 3` shows everything through this inbox.",
  entries: ['level-3-jwt-notifications/client/inbox.ts'],
  packages: { runtime: [] },
  whenNot: [
    'The server’s entries have no gapless number per user: then there is no cursor, only guesses.',
    'Only the latest value matters: keep the value, and forget the history.',
  ],
  wiring: `const inbox = createInbox({ onChange: draw, onNew: toast })
socket.auth = (send) => send({ token, after: inbox.cursor })
socket.on('session:ready', inbox.connecting)
socket.on('notifications:initial', inbox.initial)
socket.on('notifications:missed', (packet) => inbox.missed(packet).forEach(toast))
socket.on('notification:new', inbox.live)`,
} satisfies Card
