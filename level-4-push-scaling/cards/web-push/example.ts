// An Express server with web push: POST /notes for somebody, and whoever has not seen it gets a push 5 s later. Here the
// header x-user says who asks: put your own sign-in there.
import express, { type Request } from 'express'
import mongoose, { Types } from 'mongoose'
import type { DueNotification } from '../../src/channel.ts'
import { createDeliveries } from '../../src/deliver/index.ts'
import { EndpointRefused } from '../../src/push/endpoint.ts'
import { createPush } from '../../src/push/index.ts'
import { subscribeBody } from '../../src/push/subscriptions.ts'

const { connection: db } = await mongoose.connect(
  process.env.MONGODB_URI ?? 'mongodb://127.0.0.1:27017/notes',
)
const notes = db.collection('notes')
const settings = db.collection<{ _id: string; value: string }>('settings')

const push = await createPush({
  db,
  config: {
    pushDelayMs: Number(process.env.PUSH_DELAY_MS ?? 5_000),
    pushAllowedHosts: (
      process.env.PUSH_ALLOWED_HOSTS ?? 'fcm.googleapis.com,*.push.services.mozilla.com'
    ).split(','),
    vapidSubject: process.env.VAPID_SUBJECT ?? 'mailto:admin@example.com',
    ...(process.env.PUSH_CA_FILE !== undefined && { pushCaFile: process.env.PUSH_CA_FILE }),
  },
  async keep(name, make) {
    await settings.updateOne({ _id: name }, { $setOnInsert: { value: make() } }, { upsert: true })
    return (await settings.findOne({ _id: name }))?.value ?? make()
  },
  aliveSessions: async (sids) => new Set(sids), // with sessions of your own: those that were not signed out
  async countUnread(userIds) {
    const counts = userIds.map(
      async (userId) => [String(userId), await notes.countDocuments({ userId, readAt: null })] as const,
    )
    return new Map(await Promise.all(counts))
  },
  log: console,
})
const deliveries = createDeliveries({
  db,
  notifications: notes,
  stillWanted: async (_channel, due) => due.filter(({ readAt }) => !readAt),
  log: console,
})
const channel = deliveries.add(push.channel)
await deliveries.start()

const app = express().use(express.json())

app.get('/api/push/public-key', (_request, response) => {
  response.json({ publicKey: push.publicKey })
})

app.post('/api/push/subscriptions', async (request, response) => {
  const userId = userOf(request)
  const browser = subscribeBody.safeParse(request.body)
  if (!userId || !browser.success) return void response.status(400).end()
  try {
    const { service } = await push.subscriptions.save({ userId, sid: userId }, browser.data)
    response.status(201).json({ service })
  } catch (error) {
    if (!(error instanceof EndpointRefused)) throw error
    response.status(400).json({ detail: error.message })
  }
})

app.post('/notes', async (request, response) => {
  const { to, title, message } = request.body ?? {}
  if (![title, message].every((text) => typeof text === 'string') || !Types.ObjectId.isValid(to))
    return void response.status(400).end()
  const note: DueNotification = {
    _id: new Types.ObjectId(),
    userId: new Types.ObjectId(String(to)),
    seq: 1,
    type: 'message',
    title,
    message,
    createdAt: new Date(),
  }
  const planned = { type: note.type, createdAt: note.createdAt.toISOString() }
  await notes.insertOne({ ...note, channels: { push: channel.plan(planned) } }) // one insert: no crash can part them
  channel.deliver([{ notification: planned }])
  response.status(201).json({ id: String(note._id) })
})

app.post('/notes/:id/read', async (request, response) => {
  const userId = userOf(request)
  const { id } = request.params
  if (!userId || !Types.ObjectId.isValid(id)) return void response.status(400).end()
  const mine = { _id: new Types.ObjectId(id), userId: new Types.ObjectId(userId) }
  await notes.updateOne(mine, { $set: { readAt: new Date() } })
  response.status(204).end()
})

function userOf(request: Request): string | undefined {
  const id = request.header('x-user')
  return id !== undefined && Types.ObjectId.isValid(id) ? id : undefined
}

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1')

process.once('SIGTERM', async () => {
  server.close()
  server.closeAllConnections()
  await deliveries.stop()
  await mongoose.disconnect()
})
