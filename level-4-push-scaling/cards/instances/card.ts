import type { Card } from '@levels/shared/cards.ts'

export default {
  name: 'instances',
  level: 4,
  gives:
    'Several Socket.IO servers that act as one over Redis, and a watch that notices when Redis may have lost a message, so that you can send from your database what is missing.',
  promises: ['an-instance-dies', 'the-bus-dies'],
  entries: ['level-4-push-scaling/src/instances/index.ts', 'level-4-push-scaling/src/instances/redis.ts'],
  packages: {
    runtime: ['@socket.io/redis-adapter', 'redis', 'socket.io', 'socket.io-adapter'],
    types: ['@types/node'],
  },
  whenNot: [
    'One process carries your users.',
    'What is sent is stored nowhere: then nothing can tell what was lost.',
  ],
  wiring: `const redis = await connectRedis('redis://127.0.0.1:6379', console)
const instances = createInstances(redis, sendWhatIsMissing, console)
const io = new Server(http, { adapter: instances.adapter, transports: ['websocket'] })
await instances.start() // before you listen`,
} satisfies Card
