// A chat on several instances: run it twice (PORT=3000 and PORT=3001) on one MONGODB_URI and one REDIS_URL. What Redis
// loses on the way comes from the database.
import { createServer } from 'node:http'
import mongoose from 'mongoose'
import { Server } from 'socket.io'
import { createInstances } from '../../src/instances/index.ts'
import { connectRedis } from '../../src/instances/redis.ts'

const {
  MONGODB_URI = 'mongodb://127.0.0.1:27017/chat',
  REDIS_URL = 'redis://127.0.0.1:6379',
  PORT,
} = process.env
await mongoose.connect(MONGODB_URI)
const Message = mongoose.model('Message', new mongoose.Schema({ text: String, at: Date }))

const redis = await connectRedis(REDIS_URL, console)
const instances = createInstances(redis, sendRecent, console)
const http = createServer((_request, response) => response.end('the chat is at /socket.io/\n'))
const io = new Server(http, {
  adapter: instances.adapter,
  transports: ['websocket'], // one connection stays where it is: no balancer needs to be sticky
})

io.on('connection', (socket) => {
  socket.on('message', async (text: unknown, answer: unknown) => {
    if (typeof text !== 'string' || typeof answer !== 'function') return
    try {
      const { id } = await Message.create({ text, at: new Date() }) // stored first, emitted after
      io.emit('message', { id, text })
      answer({ ok: true, id })
    } catch (error) {
      console.error(error)
      answer({ ok: false })
    }
  })
})

/** After a gap: the last minute once more. A page shows each id once, so too much does no harm. */
async function sendRecent(): Promise<void> {
  const recent = await Message.find({ at: { $gt: new Date(Date.now() - 60_000) } }).sort({ at: 1 })
  for (const { id, text } of recent) io.local.emit('message', { id, text })
}
await instances.start() // before you listen
http.listen(Number(PORT ?? 3000), '127.0.0.1')

process.once('SIGTERM', async () => {
  io.engine.close()
  http.close()
  await instances.close()
  redis.close()
  await mongoose.disconnect()
})
