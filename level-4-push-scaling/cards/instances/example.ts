// Messages on several instances: run it twice (PORT=3000 and PORT=3001) on one MONGODB_URI and one REDIS_URL. What Redis
// loses on the way comes from the database. Whoever names a user gets that user's id as a token: put your own sign-in there.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import express from 'express'
import mongoose, { Types } from 'mongoose'
import { Server, type Socket } from 'socket.io'
import { createInstances } from '../../src/instances/index.ts'
import { connectRedis } from '../../src/instances/redis.ts'

const {
  MONGODB_URI = 'mongodb://127.0.0.1:27017/messages',
  REDIS_URL = 'redis://127.0.0.1:6379',
  PORT = 3000,
} = process.env
await mongoose.connect(MONGODB_URI)
const User = mongoose.model('User', new mongoose.Schema({ name: { type: String, unique: true } }))
const schema = new mongoose.Schema({ userId: String, seq: Number, title: String, message: String })
schema.index({ userId: 1, seq: 1 }, { unique: true }) // each user's messages are numbered 1, 2, 3 …
const Message = mongoose.model('Message', schema)
await Promise.all([User.createIndexes(), Message.createIndexes()])

const app = express().use(express.json())
const http = createServer(app)
const redis = await connectRedis(REDIS_URL, console)
const instances = createInstances(redis, catchUp, console)
const io = new Server(http, {
  adapter: instances.adapter,
  transports: ['websocket'], // one connection stays where it is: no balancer needs to be sticky
})

async function userNamed(name: unknown) {
  const options = { upsert: true, returnDocument: 'after' } as const
  const user = await User.findOneAndUpdate({ name: String(name) }, {}, options).lean()
  return { id: String(user._id), username: user.name, role: 'user' }
}

app.post(['/api/auth/register', '/api/auth/login'], async (req, res) => {
  const user = await userNamed(req.body.username)
  res.status(201).json({ user, accessToken: user.id, expiresIn: 900 })
})

app.post('/api/notifications', async (req, res) => {
  const { to, title, message } = req.body
  const sender = req.get('authorization')?.slice('Bearer '.length) ?? ''
  const userId = to === 'me' ? sender : (await userNamed(to)).id
  // An id made of sender and key: whoever repeats a request whose answer got lost finds what is stored.
  const key = `${sender}:${req.get('idempotency-key') ?? new Types.ObjectId()}`
  const _id = createHash('sha256').update(key).digest('hex').slice(0, 24)
  const item = await store(_id, userId, { title, message })
  io.to(userId).emit('notification:new', item) // stored first, emitted after
  res.status(201).json(item)
})

/** A number is taken once: of two instances that want the same one, the second tries the next. */
async function store(_id: string, userId: string, content: { title: string; message: string }) {
  while (true) {
    const stored = await Message.findById(_id).lean()
    if (stored) return toItem(stored)
    const last = await Message.findOne({ userId }).sort({ seq: -1 }).lean()
    await Message.create({ _id, userId, seq: (last?.seq ?? 0) + 1, ...content }).catch((error: unknown) => {
      if ((error as { code?: unknown }).code !== 11_000) throw error // duplicate key
    })
  }
}

type Stored = mongoose.InferSchemaType<typeof schema> & { _id: Types.ObjectId }
function toItem({ _id, seq, title, message }: Stored) {
  return { id: String(_id), seq, type: 'message', title, message, createdAt: _id.getTimestamp() }
}

io.on('connection', async (socket) => {
  const { token, after = 0 } = socket.handshake.auth
  socket.data = { userId: String(token), cursor: Number(after) }
  socket.on('notifications:seen', ({ upTo }, answer) => {
    socket.data.cursor = upTo
    answer({ ok: true, data: { upTo } })
  })
  await socket.join(String(token)) // join first, read after: what is stored in between is emitted
  socket.emit('session:ready', {})
  await welcome(socket).catch(() => socket.conn.close()) // it comes back, and asks again
})

async function welcome(socket: Socket): Promise<void> {
  const { userId } = socket.data
  const newest = await Message.find({ userId }).sort({ seq: -1 }).limit(20).lean()
  const [items, upTo] = [newest.map(toItem), newest[0]?.seq ?? 0]
  socket.emit('notifications:initial', { items, unread: items.length, upTo })
  await sendMissed(socket)
}

async function sendMissed(socket: Socket): Promise<void> {
  const { userId, cursor } = socket.data
  const missed = await Message.find({ userId, seq: { $gt: cursor } })
    .sort({ seq: 1 })
    .lean()
  const upTo = missed.at(-1)?.seq ?? cursor
  socket.emit('notifications:missed', { items: missed.map(toItem), more: false, upTo })
}

/** After a gap: what each page here may lack. A page shows each id once, so too much does no harm. */
async function catchUp(): Promise<void> {
  for (const socket of io.sockets.sockets.values()) await sendMissed(socket)
}

await instances.start() // before you listen
http.listen(Number(PORT), '127.0.0.1')

process.once('SIGTERM', async () => {
  io.engine.close()
  http.close()
  await instances.close()
  redis.close()
  await mongoose.disconnect()
})
