// The log on an ordinary Express server with Socket.IO. Who somebody is, this server takes from the caller's word: whoever
// names a user gets that user's id as a token. Put your own sign-in there (the card `sessions`, for one).
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { drained, guardConnections } from '@levels/shared/server/socketio.ts'
import express from 'express'
import mongoose from 'mongoose'
import { Server, type Socket } from 'socket.io'
import { createNotifications } from '../../src/log/index.ts'
import { createLogModels } from '../../src/log/models.ts'

await mongoose.connect(process.env.MONGODB_URI ?? 'mongodb://127.0.0.1:27017/log-example')
const User = mongoose.model(
  'User',
  new mongoose.Schema({ name: { type: String, unique: true }, deliveredUpTo: { type: Number, default: 0 } }),
)
const models = createLogModels(mongoose.connection)
await Promise.all([User, ...Object.values(models)].map((model) => model.createIndexes())) // before you listen

const app = express().use(express.json())
const http = createServer(app)
const io = new Server(http)
guardConnections(io)

const log = createNotifications({
  models,
  delivered: {
    read: async (userId) => (await User.findById(userId).lean())?.deliveredUpTo ?? 0,
    async raise(userId, upTo) {
      const change = { $max: { deliveredUpTo: upTo } }
      const user = await User.findByIdAndUpdate(userId, change, { returnDocument: 'after' }).lean()
      return user?.deliveredUpTo ?? 0
    },
  },
  emit: (userId, event, payload) => void io.to(userId).emit(event, payload),
  log: console,
})

async function userNamed(name: unknown) {
  const user = await User.findOneAndUpdate(
    { name: String(name) },
    {},
    { upsert: true, returnDocument: 'after' },
  ).lean()
  return { id: String(user._id), username: user.name ?? '', role: 'user' }
}

app.post(['/api/auth/register', '/api/auth/login'], async (req, res) => {
  const user = await userNamed(req.body.username)
  res.status(201).json({ user, accessToken: user.id, expiresIn: 900 })
})

app.post('/api/notifications', async (req, res) => {
  const sender = req.get('authorization')?.slice('Bearer '.length) ?? ''
  const { to, title, message } = req.body
  const userId = to === 'me' ? sender : (await userNamed(to)).id
  // An id made of sender and key: whoever repeats a request whose answer got lost finds what is stored.
  const key = req.get('idempotency-key')
  const id = key && createHash('sha256').update(`${sender}:${key}`).digest('hex').slice(0, 24)
  const [stored] = await log.publish([{ userId, type: 'message', title, message, ...(id && { id }) }])
  res.status(201).json(stored?.notification)
})

io.on('connection', (socket) => {
  const listener = listenTo(socket)
  for (const [event, handle] of Object.entries(log.events(listener))) {
    socket.on(event, (payload, answer) => {
      handle(payload as never).then(
        (data) => answer({ ok: true, data }),
        (error: Error) => answer({ ok: false, error: { code: 'failed', message: error.message } }),
      )
    })
  }
  void socket.join(listener.data.id) // join first, read after: what is stored in between is emitted
  socket.emit('session:ready', {})
  log.catchUp.welcome(listener).catch((error: unknown) => {
    console.error(error)
    socket.conn.close() // it comes back, and asks again
  })
})

function listenTo(socket: Socket) {
  const { token, after } = socket.handshake.auth
  return {
    data: { id: String(token), cursor: Number.isInteger(after) ? after : undefined },
    emit: (event: string, payload: unknown) => void socket.emit(event, payload),
    drained: () => drained(socket.conn),
  }
}

http.listen(Number(process.env.PORT ?? 3000))
