import type { Card } from '@levels/shared/cards.ts'

export default {
  name: 'log',
  level: 3,
  gives:
    'A gapless log of notifications per user on your mongoose connection: stored before sent, repeated without doubling, caught up after a lost connection, over several instances.',
  promises: [
    'arrives',
    'in-order',
    'survives-a-cut',
    'survives-absence',
    'survives-a-crash',
    'once',
    'sent-twice',
    'slow-reader',
  ],
  entries: ['level-3-jwt-notifications/src/log/index.ts', 'level-3-jwt-notifications/src/log/models.ts'],
  packages: { runtime: ['mongoose', 'quick-lru', 'zod'], types: ['@types/node'] },
  whenNot: [
    'Only the latest value matters (a price, a position): keep the value, and forget the history.',
    'One log has thousands of writers a second: a number per user puts its writers in line.',
  ],
  wiring: `const models = createLogModels(mongoose.connection)
await Promise.all(Object.values(models).map((model) => model.createIndexes())) // before you listen
const log = createNotifications({ models, delivered, emit, log: console })
await log.publish([{ userId, type: 'message', title: 'Lunch?', message: 'At noon' }])
socket.join(userId) // join first, read after
await log.catchUp.welcome(listenerOf(socket))`,
} satisfies Card
