// caught: was said before app2 was connected anew, it has not heard
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { Agent } from 'node:https'
import { createAdapter } from '@socket.io/redis-adapter'
import express, { type NextFunction, type Request, type Response } from 'express'
import jwt from 'jsonwebtoken'
import mongoose, { Types } from 'mongoose'
import { createClient } from 'redis'
import { Server, type Socket } from 'socket.io'
import webPush, { type WebPushError } from 'web-push'
import * as z from 'zod'

const { MONGODB_URI = '', JWT_SECRET = '', INSTANCE_NAME = 'app1' } = process.env
const PUSH_DELAY_MS = Number(process.env.PUSH_DELAY_MS ?? 5_000)
const LEASE_MS = Number(process.env.LEASE_MS ?? 15_000) // longer than a push takes, or somebody else sends it, too
const PUSH_TIMEOUT_MS = Number(process.env.PUSH_TIMEOUT_MS ?? 10_000)
const PUSH_RETRY_MS = Number(process.env.PUSH_RETRY_MS ?? 1_000)
const PUSH_SERVICES = 'fcm.googleapis.com,push.services.mozilla.com,push.apple.com,notify.windows.com'
const allowedHosts = (process.env.PUSH_ALLOWED_HOSTS ?? PUSH_SERVICES).split(',')
const BEAT_MS = Number(process.env.BEAT_MS ?? 1_000)

// What is kept: for each user a log of notifications, numbered 1, 2, 3 … without gaps.
type Id = Types.ObjectId
interface Entry {
  _id: Id
  userId: Id
  seq: number
  from: string
  key?: string
  title: string
  message: string
  createdAt: Date
  readAt?: Date
  pushAt?: Date // when it is due; absent when there is nothing more to push
  pushedTo?: string[]
  attempts?: number
}
type User = { name: string; seenUpTo: number }
type Browser = { _id: string; userId: Id; keys: webPush.PushSubscription['keys'] }
const { connection: db } = await mongoose.connect(MONGODB_URI)
const users = db.collection<User>('users')
const log = db.collection<Entry>('notifications')
const browsers = db.collection<Browser>('subscriptions')
await users.createIndex({ name: 1 }, { unique: true })
// Of two writers that take the same number, or repeat the same key, the second one is refused.
await log.createIndex({ userId: 1, seq: 1 }, { unique: true })
const ifThere = { partialFilterExpression: { key: { $type: 'string' } } }
await log.createIndex({ from: 1, key: 1 }, { unique: true, ...ifThere })
await log.createIndex({ pushAt: 1 }, { sparse: true })

/** Stores it in the user's log. The same key of the same sender gives what was stored with it before. */
async function store(content: Pick<Entry, 'userId' | 'from' | 'key' | 'title' | 'message'>): Promise<Entry> {
  while (true) {
    const createdAt = new Date()
    const pushAt = new Date(createdAt.getTime() + PUSH_DELAY_MS)
    const seq = (await endOf(content.userId)) + 1
    const entry = { _id: new Types.ObjectId(), ...content, seq, createdAt, pushAt }
    try {
      await log.insertOne(entry)
      return entry
    } catch (error) {
      if (!isTaken(error)) throw error
      const earlier = content.key && (await log.findOne({ from: content.from, key: content.key }))
      if (earlier) return earlier
    }
  }
}

const isTaken = (error: unknown) => (error as { code?: unknown }).code === 11_000
const endOf = async (userId: Id) => (await log.findOne({ userId }, { sort: { seq: -1 } }))?.seq ?? 0
const countUnread = (userId: Id) => log.countDocuments({ userId, readAt: { $exists: false } })
function onWire({ _id, seq, from, title, message, createdAt, readAt }: Entry) {
  return { id: String(_id), seq, type: 'message', title, message, from, createdAt, readAt }
}

const whole = z.coerce.number().int().min(1)
const listQuery = z.object({ before: whole.default(2 ** 53), limit: whole.max(100).default(20) })
async function listOf(userId: Id, { before, limit }: z.infer<typeof listQuery>) {
  const found = await log.find({ userId, seq: { $lt: before } }, { sort: { seq: -1 }, limit }).toArray()
  const oldest = found.at(-1)?.seq ?? 1
  const unread = await countUnread(userId)
  return { items: found.map(onWire), unread, nextBefore: oldest > 1 ? oldest : null }
}

type Caller = { id: Id; name: string; exp: number }
const refusal = (status: number, code: string) => Object.assign(new Error(code), { status, code })

/** Only our own algorithm: a token must not choose how it is checked. */
function readToken(token: unknown): Caller {
  try {
    const claims = jwt.verify(String(token), JWT_SECRET, { algorithms: ['HS256'] }) as jwt.JwtPayload
    return { id: new Types.ObjectId(claims.sub), name: claims.name, exp: claims.exp ?? 0 }
  } catch {
    throw refusal(401, 'token_invalid')
  }
}

/** What is told to whoever asked. What they did not cause is ours: 503, and they may try again. */
function explain(error: unknown): { status: number; code: string } {
  const { status = 503, code } = error as { status?: number; code?: unknown }
  if (isTaken(error)) return { status: 409, code: 'taken' }
  if (error instanceof z.ZodError) return { status: 400, code: 'bad_payload' }
  if (status === 503) console.error(error)
  return { status, code: status < 500 && typeof code === 'string' ? code : 'refused' }
}

const app = express().use(express.json())
const io = new Server({ transports: ['websocket'] })

// Whoever has the token is the user. Passwords, sessions and refresh are level 3's.
const username = z
  .string()
  .toLowerCase()
  .regex(/^[\p{L}\p{N}_-]{2,20}$/u)
app.post('/api/auth/register', async (req, res) => {
  const { username: name } = z.object({ username }).parse(req.body)
  const { insertedId: id } = await users.insertOne({ name, seenUpTo: 0 })
  const accessToken = jwt.sign({ name }, JWT_SECRET, { subject: String(id), expiresIn: 3_600 })
  res.status(201).json({ user: { id, username: name, role: 'user' }, accessToken, expiresIn: 3_600 })
})

app.use('/api', (req, res, next) => {
  res.locals.caller = readToken(req.get('authorization')?.replace(/^Bearer /, ''))
  next()
})
const callerOf = (res: Response) => res.locals.caller as Caller

// A push message has room for 3,993 bytes: these fit, whatever their letters.
const content = { title: z.string().min(1).max(80), message: z.string().min(1).max(500) }
const newNotification = z.object({ to: z.string(), type: z.literal('message').optional(), ...content })
app.post('/api/notifications', async (req, res) => {
  const { to, title, message } = newNotification.parse(req.body)
  const { name: from } = callerOf(res)
  if (to === '*') throw refusal(403, 'forbidden')
  const recipient = await users.findOne({ name: to === 'me' ? from : to.toLowerCase() })
  if (!recipient) throw refusal(404, 'not_found')
  const key = req.get('idempotency-key')
  const entry = await store({ userId: recipient._id, from, ...(key && { key }), title, message })
  io.to(String(entry.userId)).emit('notification:new', onWire(entry))
  res.status(201).json(onWire(entry))
})

app.get('/api/notifications', async (req, res) => {
  res.json(await listOf(callerOf(res).id, listQuery.parse(req.query)))
})

app.post('/api/notifications/mark-all-read', async (_req, res) => {
  const { id: userId } = callerOf(res)
  const [upTo, readAt] = [await endOf(userId), new Date()]
  await log.updateMany({ userId, seq: { $lte: upTo }, readAt: { $exists: false } }, { $set: { readAt } })
  io.to(String(userId)).emit('notifications:all-read', { upTo, readAt })
  res.json({ upTo, readAt })
})

app.all('/api/notifications/:id', async (req, res) => {
  const _id = new Types.ObjectId(z.stringFormat('id', /^[0-9a-f]{24}$/i).parse(req.params.id))
  const found = await log.findOne({ _id })
  if (!found) throw refusal(404, 'not_found')
  if (!found.userId.equals(callerOf(res).id)) throw refusal(403, 'not_yours')
  if (req.method !== 'GET') throw refusal(405, 'not_offered')
  res.json(onWire(found))
})

app.get('/api/push/public-key', (_req, res) => res.json({ publicKey: process.env.VAPID_PUBLIC_KEY }))

const bytes = (count: number) => z.string().refine((text) => Buffer.from(text, 'base64url').length === count)
const subscription = z.object({
  endpoint: z.string().max(2_048).refine(isPushService),
  keys: z.object({ p256dh: bytes(65), auth: bytes(16) }),
})
app.post('/api/push/subscriptions', async (req, res) => {
  const { endpoint, keys } = subscription.parse(req.body)
  await browsers.updateOne({ _id: endpoint }, { $set: { userId: callerOf(res).id, keys } }, { upsert: true })
  res.status(201).json({ endpoint })
})

app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
  const { status, code } = explain(error)
  res.status(status).json({ code })
})

const { VAPID_SUBJECT = '', VAPID_PUBLIC_KEY = '', VAPID_PRIVATE_KEY = '', PUSH_CA_FILE } = process.env
webPush.setVapidDetails(VAPID_SUBJECT, VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY)
const agent = new Agent({ keepAlive: true, ca: PUSH_CA_FILE && readFileSync(PUSH_CA_FILE) })
const options = { agent, TTL: 86_400, timeout: PUSH_TIMEOUT_MS }

/** An endpoint makes this server call an address. So it must lead to a push service, and be written as browsers write it. */
function isPushService(endpoint: string): boolean {
  if (!URL.canParse(endpoint)) return false
  const { protocol, username, password, host, href } = new URL(endpoint)
  const isKnown = allowedHosts.some((known) => host === known || host.endsWith(`.${known}`))
  return isKnown && protocol === 'https:' && username === '' && password === '' && href === endpoint
}

/** Pushes what is due, and looks again soon: when something is due is in the database, and survives this process. */
async function work(): Promise<void> {
  try {
    while (underWay < 50) {
      const entry = await claim()
      if (!entry) break
      underWay++
      push(entry)
        .catch(console.error)
        .finally(() => underWay--)
    }
  } catch (error) {
    console.error(error) // the database is away, and what is due stays due
  }
  setTimeout(work, 100)
}

let underWay = 0
/** Takes one that is due: moves its time into the future, in one step. If we die, it is due again. */
function claim(): Promise<Entry | null> {
  const isDue = { pushAt: { $lte: new Date() } }
  const lease = { $set: { pushAt: new Date(Date.now() + LEASE_MS) } }
  return log.findOneAndUpdate(isDue, lease, { sort: { pushAt: 1 }, returnDocument: 'after' })
}

async function push(entry: Entry): Promise<void> {
  const { _id, userId, seq, readAt, pushAt, pushedTo = [], attempts = 0 } = entry
  const payload = JSON.stringify({ ...onWire(entry), url: '/', unread: await countUnread(userId) })
  const user = await users.findOne({ _id: userId })
  const isSeen = readAt !== undefined || seq <= (user?.seenUpTo ?? 0)
  const targets = isSeen ? [] : await browsers.find({ userId, _id: { $nin: pushedTo } }).toArray()
  // Whoever took it meanwhile has moved the time: then it is not ours any more.
  const wait = Math.max(0, ...(await Promise.all(targets.map((target) => send(target, payload, entry)))))
  const again = { $set: { pushAt: new Date(Date.now() + wait), attempts: attempts + 1 } }
  await log.updateOne({ _id, pushAt }, wait > 0 && attempts < 5 ? again : { $unset: { pushAt: 1 } })
}

/** Sends to one browser. Resolves with the milliseconds until it has to be tried again; 0: never. */
async function send({ _id: endpoint, keys }: Browser, payload: string, { _id, attempts = 0 }: Entry) {
  try {
    if (!isPushService(endpoint)) throw refusal(403, 'not_allowed')
    await webPush.sendNotification({ endpoint, keys }, payload, options)
  } catch (error) {
    const { statusCode: status = 503, headers = {} } = error as Partial<WebPushError> // none: no answer came
    if (status === 429 || status >= 500) {
      const { 'retry-after': after = '' } = headers as Record<string, string> // seconds, or a date
      const asked = Number(after) * 1_000 || Date.parse(after) - Date.now() || 0
      return Math.max(asked, PUSH_RETRY_MS * 5 ** attempts)
    }
    if (status === 404 || status === 410) await browsers.deleteOne({ _id: endpoint })
    else console.error(error) // our mistake: the same message again would be refused again
  }
  await log.updateOne({ _id }, { $addToSet: { pushedTo: endpoint } })
  return 0
}

io.use((socket, next) => {
  try {
    socket.data.caller = readToken(socket.handshake.auth.token)
    next()
  } catch (error) {
    next(Object.assign(error as Error, { data: explain(error) }))
  }
})

io.on('connection', (socket) => {
  const { id, name, exp }: Caller = socket.data.caller
  // First join, then read: what is stored in between comes twice, and the page shows each id once.
  socket.join(String(id))
  const session = { sessionId: socket.id, instance: INSTANCE_NAME, expiresAt: new Date(exp * 1_000) }
  socket.emit('session:ready', { user: { id, username: name, role: 'user' }, ...session })
  socket.onAny(async (event, payload, answer) => {
    if (typeof answer !== 'function') return
    try {
      answer({ ok: true, data: await handle(socket.data.caller, event, payload) })
    } catch (error) {
      answer({ ok: false, error: { ...explain(error), message: String(error) } })
    }
  })
  welcome(socket).catch(() => socket.conn.close()) // the page comes back and asks again
})

async function handle({ id: _id }: Caller, event: unknown, payload: unknown): Promise<unknown> {
  if (event === 'notifications:fetch') return listOf(_id, listQuery.parse(payload))
  if (event !== 'notifications:seen') throw refusal(404, 'unknown_event')
  const upTo = Math.min(z.object({ upTo: z.int().min(0) }).parse(payload).upTo, await endOf(_id))
  await users.updateOne({ _id }, { $max: { seenUpTo: upTo } })
  return { upTo }
}

/** The newest ones; then, oldest first, all that came after what the page has (or its user has seen, if it has nothing). */
async function welcome(socket: Socket): Promise<void> {
  const { id: _id }: Caller = socket.data.caller
  const { items, unread } = await listOf(_id, listQuery.parse({}))
  socket.emit('notifications:initial', { items, unread, upTo: items[0]?.seq ?? 0 })
  const { after } = socket.handshake.auth
  socket.data.toldUpTo = Number.isInteger(after) ? after : ((await users.findOne({ _id }))?.seenUpTo ?? 0)
  await sendMissed(socket)
}

async function sendMissed(socket: Socket): Promise<void> {
  const { caller, toldUpTo } = socket.data
  const missed = { userId: caller.id, seq: { $gt: toldUpTo } }
  const found = await log.find(missed, { sort: { seq: 1 }, limit: 100 }).toArray()
  const upTo = found.at(-1)?.seq ?? toldUpTo
  socket.emit('notifications:missed', { items: found.map(onWire), more: found.length === 100, upTo })
  socket.data.toldUpTo = upTo
  if (found.length === 100) await sendMissed(socket)
}

// Several instances: Redis carries what one of them emits to the sockets of the others.
const publisher = createClient({ url: process.env.REDIS_URL, disableOfflineQueue: true })
const subscriber = createClient({ url: process.env.REDIS_URL })
for (const client of [publisher, subscriber]) {
  // A client that is cut off connects again by itself. Until then it emits errors, and one that nobody hears ends a program.
  client.on('error', () => undefined)
  await client.connect()
}
// The adapter does not wait for what it publishes, and a rejection that nobody handles would end this program, too.
const publish = (channel: string, message: string) => publisher.publish(channel, message).catch(() => 0)
const bus = { publish, on: publisher.on.bind(publisher), pSubscribe: publisher.pSubscribe }
io.adapter(createAdapter(bus, subscriber))

// While Redis is away for longer, the log is read.
let away = 0

async function beat(): Promise<void> {
  away = publisher.isReady ? 0 : away + 1
  const behind = away > 5 ? [...io.sockets.sockets.values()] : []
  const welcomed = behind.filter(({ data }) => data.toldUpTo !== undefined)
  await Promise.allSettled(welcomed.map(sendMissed))
  setTimeout(beat, BEAT_MS)
}
beat()

work()
io.attach(createServer(app).listen(Number(process.env.PORT ?? 3000), '127.0.0.1'))
