// An Express server with web push: POST /api/notifications to somebody, and whoever has not read it gets a push 5 s later.
// Whoever registers gets a token, and there are no passwords: put your own sign-in there.
import { randomUUID } from 'node:crypto'
import express, { type Request } from 'express'
import mongoose, { Types } from 'mongoose'
import type { DueNotification } from '../../src/channel.ts'
import { createDeliveries } from '../../src/deliver/index.ts'
import { createPush } from '../../src/push/index.ts'
import { Refused } from '../../src/push/push.ts'
import { subscribeBody } from '../../src/push/subscriptions.ts'

const { connection: db } = await mongoose.connect(
  process.env.MONGODB_URI ?? 'mongodb://127.0.0.1:27017/notes',
)
const people = db.collection<{ username: string; token: string }>('people')
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

app.post('/api/auth/register', async (request, response) => {
  const { username } = request.body ?? {}
  if (typeof username !== 'string') return void response.status(400).end()
  const person = { username, token: randomUUID() }
  const { insertedId } = await people.insertOne(person)
  response.status(201).json({ user: { id: String(insertedId), username }, accessToken: person.token })
})

app.get('/api/push/public-key', (_request, response) => {
  response.json({ publicKey: push.publicKey })
})

app.post('/api/push/subscriptions', async (request, response) => {
  const caller = await callerOf(request)
  const browser = subscribeBody.safeParse(request.body)
  if (!caller || !browser.success) return void response.status(caller ? 400 : 401).end()
  try {
    const owner = { userId: String(caller._id), sid: caller.token }
    const { service } = await push.subscriptions.save(owner, browser.data)
    response.status(201).json({ service })
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    response.status(400).json({ code: 'endpoint_not_allowed', detail: error.message })
  }
})

app.post('/api/notifications', async (request, response) => {
  const caller = await callerOf(request)
  if (!caller) return void response.status(401).end()
  const { to, title, message } = request.body ?? {}
  if (![to, title, message].every((text) => typeof text === 'string')) return void response.status(400).end()
  const receiver = await people.findOne({ username: to })
  if (!receiver) return void response.status(404).end()
  const note: DueNotification = {
    _id: new Types.ObjectId(),
    userId: receiver._id,
    seq: 1,
    type: 'message',
    title,
    message,
    createdAt: new Date(),
  }
  const planned = { type: note.type, createdAt: note.createdAt.toISOString() }
  await notes.insertOne({ ...note, channels: { push: channel.plan(planned) } }) // one insert: no crash can part them
  channel.deliver([{ notification: planned }])
  response.status(201).json({ id: String(note._id), seq: note.seq })
})

app.post('/api/notifications/mark-all-read', async (request, response) => {
  const caller = await callerOf(request)
  if (!caller) return void response.status(401).end()
  await notes.updateMany({ userId: caller._id }, { $set: { readAt: new Date() } })
  response.status(204).end()
})

async function callerOf(request: Request) {
  const [, token] = /^Bearer (.+)$/.exec(request.header('authorization') ?? '') ?? []
  return token === undefined ? undefined : await people.findOne({ token })
}

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1')

process.once('SIGTERM', async () => {
  server.close()
  server.closeAllConnections()
  await deliveries.stop()
  await mongoose.disconnect()
})
