import type { Card } from '@levels/shared/cards.ts'

export default {
  name: 'answered-events',
  level: 2,
  gives:
    'Every event of your Socket.IO server is answered, whatever it carries: with data, or with a code. Floods are refused and then cut.',
  promises: ['arrives', 'in-order', 'answered', 'flood', 'slow-reader'],
  entries: ['level-2-socketio/src/answer.ts', 'shared/server/socketio.ts'],
  packages: { runtime: ['socket.io', 'ws'], types: ['@types/node'] },
  whenNot: ['Your events need schemas with many fields: check payloads with zod then, as level 3 does.'],
  wiring: `guardConnections(io)
const onEvent = answerEvents({
  handlers: { 'message:send': (socket, payload) => ({ id: send(socket, payload) }) },
  onError: console.error,
})
io.on('connection', (socket) => socket.onAny(onEvent))`,
} satisfies Card
