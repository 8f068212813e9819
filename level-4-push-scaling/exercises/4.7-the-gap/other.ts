// A second right solution, written differently: a task for each push, no adapter, and pages that are read to by the clock.
import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import express from 'express'
import jwt from 'jsonwebtoken'
import mongoose from 'mongoose'
import * as redis from 'redis'
import { Server, type Socket } from 'socket.io'
import webPush from 'web-push'

const env = process.env
const ms = (name: string, otherwise: number) => Number(env[name] || otherwise)
const delay = ms('PUSH_DELAY_MS', 5000)
const lease = ms('LEASE_MS', 15000)
const retry = ms('PUSH_RETRY_MS', 1000)
const beat = ms('BEAT_MS', 1000)
const secret = String(env.JWT_SECRET)
const known = (
  env.PUSH_ALLOWED_HOSTS || 'fcm.googleapis.com,push.services.mozilla.com,push.apple.com,notify.windows.com'
).split(',')

// What is kept

const text = { type: String, required: true } as const
const Person = mongoose.model(
  'Person',
  new mongoose.Schema({ _id: String, seen: { type: Number, default: 0 } }),
)
const letters = new mongoose.Schema({
  owner: text,
  number: { type: Number, required: true },
  from: text,
  key: String,
  title: text,
  body: text,
  at: { type: Date, required: true },
  read: Date,
})
letters.index({ owner: 1, number: 1 }, { unique: true }).index({ key: 1 }, { unique: true, sparse: true })
const Letter = mongoose.model('Letter', letters)
const keys = new mongoose.Schema({ p256dh: text, auth: text }, { _id: false })
const Device = mongoose.model('Device', new mongoose.Schema({ _id: String, owner: text, keys }))
/** One push to one device that is still to be done. */
const tasks = new mongoose.Schema({
  letter: { type: mongoose.Schema.Types.ObjectId, required: true },
  device: text,
  due: { type: Date, required: true, index: true },
  tries: { type: Number, default: 0 },
})
const Task = mongoose.model('Task', tasks)
type Letter = InstanceType<typeof Letter>
type Task = InstanceType<typeof Task>

await mongoose.connect(String(env.MONGODB_URI))
await Promise.all([Letter.init(), Task.init()])

const isDouble = (error: unknown) => (error as { code?: number }).code === 11000
const lastOf = async (owner: string) =>
  (await Letter.findOne({ owner }).sort({ number: -1 }).select('number').lean())?.number ?? 0
const unreadOf = (owner: string) => Letter.countDocuments({ owner, read: null })
const shown = ({ id, number: seq, from, title, body: message, at: createdAt, read: readAt }: Letter) => {
  return { id, seq, type: 'message', title, message, from, createdAt, readAt }
}

async function write(owner: string, from: string, title: string, body: string, key?: string) {
  for (;;) {
    const number = (await lastOf(owner)) + 1
    try {
      const letter = await Letter.create({ owner, number, from, key, title, body, at: new Date() })
      const due = new Date(Date.now() + delay)
      const devices = await Device.find({ owner })
      await Task.insertMany(devices.map(({ _id: device }) => ({ letter: letter._id, device, due })))
      return letter
    } catch (error) {
      if (!isDouble(error)) throw error
    }
    const before = key === undefined ? null : await Letter.findOne({ key })
    if (before) return before
  }
}

// Who asks, and what they may ask

class No extends Error {
  readonly status: number
  readonly data: { status: number; code: string }
  constructor(status: number, code: string) {
    super(code)
    this.status = status
    this.data = { status, code }
  }
}

interface Bearer {
  sub: string
  exp: number
}

function bearerOf(token: unknown): Bearer {
  try {
    return jwt.verify(`${token}`, secret, {
      algorithms: ['HS256'],
      issuer: 'us',
      audience: 'page',
    }) as Bearer & string
  } catch {
    throw new No(401, 'token_invalid')
  }
}

function words(value: unknown, most: number): string {
  if (typeof value !== 'string' || value.length < 1 || value.length > most) throw new No(400, 'bad_payload')
  return value
}

function whole(value: unknown, otherwise: number, most = 2 ** 53): number {
  const number = value === undefined ? otherwise : Number(value)
  if (!Number.isInteger(number) || number < 0 || number > most) throw new No(400, 'bad_payload')
  return number
}

async function page(owner: string, { before, limit }: Record<string, unknown>) {
  const size = whole(limit, 20, 100)
  const found = await Letter.find({ owner, number: { $lt: whole(before, 2 ** 53) } })
    .sort({ number: -1 })
    .limit(size)
  const oldest = found.at(-1)?.number ?? 1
  return { items: found.map(shown), unread: await unreadOf(owner), nextBefore: oldest > 1 ? oldest : null }
}

const app = express()
app.use(express.json())
app.post('/api/auth/register', async ({ body }, res) => {
  const name = words(body?.username, 20).toLowerCase()
  if (!/^[\p{L}\p{N}_-]{2,}$/u.test(name)) throw new No(400, 'bad_payload')
  await Person.create({ _id: name })
  const expiresIn = 3600
  const accessToken = jwt.sign({ sub: name, iss: 'us', aud: 'page' }, secret, { expiresIn })
  res.status(201).send({ user: { id: name, username: name, role: 'user' }, accessToken, expiresIn })
})

const api = express.Router()
api.use((req, res, next) => {
  res.locals.me = bearerOf(req.headers.authorization?.split(' ')[1]).sub
  next()
})
api
  .route('/notifications')
  .get(async (req, res) => void res.send(await page(res.locals.me, req.query)))
  .post(async (req, res) => {
    const { to, type = 'message', title, message } = req.body ?? {}
    const [heading, body] = [words(title, 80), words(message, 500)]
    if (type !== 'message') throw new No(400, 'bad_payload')
    if (to === '*') throw new No(403, 'forbidden')
    const owner = to === 'me' ? res.locals.me : words(to, 20).toLowerCase()
    if (!(await Person.exists({ _id: owner }))) throw new No(404, 'unknown_recipient')
    const key = req.get('idempotency-key')
    const letter = await write(owner, res.locals.me, heading, body, key && `${res.locals.me} ${key}`)
    wake(owner)
    cry(owner)
    res.status(201).send(shown(letter))
  })
api.post('/notifications/mark-all-read', async (_req, res) => {
  const [upTo, readAt] = [await lastOf(res.locals.me), new Date()]
  await Letter.updateMany({ owner: res.locals.me, number: { $lte: upTo }, read: null }, { read: readAt })
  res.send({ upTo, readAt })
})
api.get('/notifications/:id', async (req, res) => {
  if (!mongoose.isValidObjectId(req.params.id) || req.params.id.length !== 24)
    throw new No(400, 'bad_payload')
  const letter = await Letter.findById(req.params.id)
  if (!letter) throw new No(404, 'not_found')
  if (letter.owner !== res.locals.me) throw new No(403, 'not_yours')
  res.send(shown(letter))
})
api.get('/push/public-key', (_req, res) => void res.send({ publicKey: env.VAPID_PUBLIC_KEY }))
api.post('/push/subscriptions', async ({ body }, res) => {
  const endpoint = words(body?.endpoint, 2048)
  const [p256dh, auth] = [words(body?.keys?.p256dh, 100), words(body?.keys?.auth, 40)]
  if (!mayCall(endpoint)) throw new No(400, 'bad_payload')
  await Device.findByIdAndUpdate(endpoint, { owner: res.locals.me, keys: { p256dh, auth } }, { upsert: true })
  res.status(201).send({ endpoint })
})
app.use('/api', api)
const failed: express.ErrorRequestHandler = (error, _req, res, _next) => {
  const status = isDouble(error) ? 409 : (error.status ?? 503)
  res.status(status).send({ code: error.data?.code ?? 'refused' })
}
app.use(failed)

// Pushing

webPush.setVapidDetails(
  String(env.VAPID_SUBJECT),
  String(env.VAPID_PUBLIC_KEY),
  String(env.VAPID_PRIVATE_KEY),
)
const ca = env.PUSH_CA_FILE === undefined ? undefined : fs.readFileSync(env.PUSH_CA_FILE)
const agent = new https.Agent({ ca })

function mayCall(endpoint: string): boolean {
  const { hostname, port } = URL.canParse(endpoint) ? new URL(endpoint) : { hostname: '', port: '' }
  const host = port ? `${hostname}:${port}` : hostname
  // Written as the parser would write it, and nothing before the host: then the host is what it seems to be.
  const plain = endpoint.startsWith(`https://${host}/`)
  return plain && known.some((each) => `.${host}`.endsWith(`.${each}`))
}

/** When to try again, in milliseconds from now; nothing: never. */
async function attempt(task: Task): Promise<number | undefined> {
  const [letter, device] = await Promise.all([Letter.findById(task.letter), Device.findById(task.device)])
  if (!letter || !device?.keys || device.owner !== letter.owner || !mayCall(device.id)) return
  const person = await Person.findById(letter.owner)
  if (letter.read || letter.number <= (person?.seen ?? 0)) return
  const content = JSON.stringify({ ...shown(letter), url: '/', unread: await unreadOf(letter.owner) })
  const { p256dh, auth } = device.keys
  const options = { agent, TTL: 86400, timeout: ms('PUSH_TIMEOUT_MS', 10000) }
  try {
    await webPush.sendNotification({ endpoint: device.id, keys: { p256dh, auth } }, content, options)
  } catch (error) {
    const { statusCode: code, headers } = error as Partial<webPush.WebPushError>
    if (code === 404 || code === 410) await device.deleteOne()
    if (code !== undefined && code !== 429 && code < 500) return
    const after = (headers as Record<string, string> | undefined)?.['retry-after'] ?? '0'
    const asked = /^\d+$/.test(after) ? Number(after) * 1000 : new Date(after).getTime() - Date.now()
    return Math.max(asked || 0, retry * 5 ** task.tries)
  }
}

let going = 0
async function work(): Promise<void> {
  while (going < 30) {
    const due = new Date(Date.now() + lease)
    const task = await Task.findOneAndUpdate({ due: { $lte: new Date() } }, { due }, { sort: { due: 1 } })
    if (!task) return
    going++
    void attempt(task)
      .then(async (again) => {
        const mine = { _id: task._id, due }
        if (again === undefined || task.tries >= 5) await Task.deleteOne(mine)
        else await Task.updateOne(mine, { due: new Date(Date.now() + again), $inc: { tries: 1 } })
      })
      .catch((error: Error) => console.log(`not pushed now: ${error.message}`)) // it is due again after the lease
      .finally(() => going--)
  }
}

// Pages: each connection is read to from where it is, when somebody cries, and by the clock

const web = http.createServer(app)
const io = new Server(web)
io.use((socket, next) => {
  try {
    socket.data.bearer = bearerOf(socket.handshake.auth.token)
    next()
  } catch (error) {
    next(error as No)
  }
})

/** What a connection has been told. Its readings wait for each other, so that nothing is told twice. */
class Reader {
  #at: number | undefined
  #turn: Promise<void>
  readonly owner: string
  readonly #socket: Socket
  constructor(socket: Socket) {
    this.#socket = socket
    this.owner = socket.data.bearer.sub
    this.#turn = this.#begin().catch(() => void socket.conn.close())
  }
  async #begin(): Promise<void> {
    const { exp } = this.#socket.data.bearer as Bearer
    const user = { id: this.owner, username: this.owner, role: 'user' }
    const about = { sessionId: this.#socket.id, instance: env.INSTANCE_NAME, expiresAt: new Date(exp * 1000) }
    this.#socket.emit('session:ready', { user, ...about })
    const { items, unread } = await page(this.owner, {})
    this.#socket.emit('notifications:initial', { items, unread, upTo: items[0]?.seq ?? 0 })
    const { after } = this.#socket.handshake.auth
    const at = Number.isInteger(after) ? (after as number) : ((await Person.findById(this.owner))?.seen ?? 0)
    await this.#tell(at, true)
  }
  async #tell(from: number, evenNothing = false): Promise<void> {
    const later = await Letter.find({ owner: this.owner, number: { $gt: from } })
      .sort({ number: 1 })
      .limit(100)
    this.#at = later.at(-1)?.number ?? from
    const more = later.length === 100
    if (evenNothing || later.length > 0) {
      this.#socket.emit('notifications:missed', { items: later.map(shown), more, upTo: this.#at })
    }
    if (more) await this.#tell(this.#at)
  }
  readOn(): void {
    this.#turn = this.#turn
      .then(() => (this.#at === undefined ? undefined : this.#tell(this.#at)))
      .catch(() => undefined)
  }
}

const readers = new Set<Reader>()
function wake(owner?: string): void {
  for (const reader of readers) if (owner === undefined || reader.owner === owner) reader.readOn()
}

io.on('connection', (socket) => {
  const reader = new Reader(socket)
  readers.add(reader)
  socket.on('disconnect', () => readers.delete(reader))
  const answers: Record<string, (payload: Record<string, unknown>) => Promise<object>> = {
    'notifications:fetch': (payload) => page(reader.owner, payload),
    'notifications:seen': async (payload) => {
      const upTo = Math.min(whole(payload.upTo, -1), await lastOf(reader.owner))
      await Person.updateOne({ _id: reader.owner }, { $max: { seen: upTo } })
      return { upTo }
    },
  }
  socket.onAny((event: string, payload: unknown, reply: unknown) => {
    if (typeof reply !== 'function') return
    const known = Object.hasOwn(answers, event) && payload instanceof Object ? answers[event] : undefined
    const asked = known?.(payload as Record<string, unknown>) ?? Promise.reject(new No(400, 'bad_payload'))
    asked.then(
      (data) => reply({ ok: true, data }),
      (error: Partial<No>) => reply({ ok: false, error: { code: error.data?.code ?? 'refused' } }),
    )
  })
})

// Redis only carries "look now" to the other instances: who does not hear it looks a little later.
const sender = redis.createClient({ url: env.REDIS_URL, disableOfflineQueue: true })
const listener = redis.createClient({ url: env.REDIS_URL })
for (const client of [sender, listener]) client.on('error', () => undefined) // it connects again by itself
await Promise.all([sender.connect(), listener.connect()])
await listener.subscribe('look', (owner) => wake(owner))
function cry(owner: string): void {
  sender.publish('look', owner).catch(() => undefined)
}

setInterval(wake, beat)
setInterval(() => void work().catch(() => undefined), 100)
web.listen(Number(env.PORT || 3000), '127.0.0.1')
