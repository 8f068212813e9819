// The log on an ordinary node:http server with Socket.IO. Who somebody is, this server takes from the caller's word: put
// your own sign-in there. POST /to/<user> with a text stores a notification, and a socket of that user gets it.
import { createServer } from 'node:http'
import { readText } from '@levels/shared/server/respond.ts'
import { drained, guardConnections } from '@levels/shared/server/socketio.ts'
import mongoose, { Types } from 'mongoose'
import { Server } from 'socket.io'
import { createNotifications } from '../../src/log/index.ts'
import { createLogModels } from '../../src/log/models.ts'

await mongoose.connect(process.env.MONGODB_URI ?? 'mongodb://127.0.0.1:27017/log-example')
const User = mongoose.model(
  'User',
  new mongoose.Schema({ name: { type: String, unique: true }, deliveredUpTo: { type: Number, default: 0 } }),
)
const models = createLogModels(mongoose.connection)
await Promise.all([User, ...Object.values(models)].map((model) => model.createIndexes()))

const idOf = async (name: string) => {
  const user = await User.findOneAndUpdate({ name }, {}, { upsert: true, returnDocument: 'after' }).lean()
  return String(user._id)
}

const http = createServer(async (req, res) => {
  const [, name] = /^\/to\/([a-z]{1,20})$/.exec(req.url ?? '') ?? []
  if (req.method !== 'POST' || !name) return res.writeHead(404).end()
  try {
    const text = await readText(req, 2_000)
    const [stored] = await log.publish([
      { userId: await idOf(name), type: 'message', title: 'A message', message: text },
    ])
    res.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(stored?.notification))
  } catch (error) {
    console.error(error)
    res.writeHead(503).end()
  }
})

const io = new Server(http)
guardConnections(io)

const log = createNotifications({
  models,
  recipients: {
    named: async (name) => ({ id: await idOf(name) }),
    allIds: async () => (await User.find({}, { _id: 1 }).lean()).map(({ _id }) => String(_id)),
  },
  delivered: {
    read: async (userId) => (await User.findById(userId).lean())?.deliveredUpTo ?? 0,
    async raise(userId, upTo) {
      const change = { $max: { deliveredUpTo: upTo } }
      return (
        (await User.findByIdAndUpdate(new Types.ObjectId(userId), change, { new: true }).lean())
          ?.deliveredUpTo ?? 0
      )
    },
  },
  emit: (userId, event, payload) => void io.to(userId).emit(event, payload),
  limited: (_userId, work) => work(),
  log: console,
})

io.on('connection', async (socket) => {
  try {
    const { name, after } = socket.handshake.auth
    const userId = await idOf(String(name))
    const listener = {
      userId,
      cursor: Number.isInteger(after) ? after : undefined,
      isConnected: true,
      emit: (event: string, payload: unknown) => void socket.emit(event, payload),
      drained: () => drained(socket.conn),
    }
    socket.on('disconnect', () => {
      listener.isConnected = false
    })
    for (const [event, handle] of Object.entries(log.events(listener))) {
      socket.on(event, (payload, answer) => void handle(payload as never).then(answer, console.error))
    }
    await socket.join(userId) // join first, read after: what is stored in between is emitted
    await log.catchUp.welcome(listener)
  } catch (error) {
    console.error(error)
    socket.conn.close()
  }
})

http.listen(Number(process.env.PORT ?? 3000))
