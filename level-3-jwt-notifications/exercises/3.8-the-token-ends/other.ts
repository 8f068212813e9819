// Level 3 written in another way: the driver's own collections, ids made of keys, one sweep for all tokens that end.
import { createHash, createHmac, randomBytes, scryptSync } from 'node:crypto'
import { createServer } from 'node:http'
import express, { type Response } from 'express'
import jwt from 'jsonwebtoken'
import mongoose from 'mongoose'
import { Server, type Socket } from 'socket.io'

interface Account {
  _id: string
  name: string
  salt: string
  hash: string
  seen: number
}
interface Letter {
  _id: string
  at: string
  owner: string
  seq: number
  from: string
  title: string
  message: string
  createdAt: string
}
interface Login {
  _id: string
  owner: string
  good: string
  before: string
  since: number
  over: boolean
}
interface Bearer {
  id: string
  name: string
  login: string
  until: number
}

const {
  MONGODB_URI = '',
  JWT_SECRET = '',
  ACCESS_TOKEN_TTL_S = '900',
  REFRESH_GRACE_MS = '60000',
} = process.env
const { connection } = await mongoose.connect(MONGODB_URI)
const accounts = connection.collection<Account>('accounts')
const letters = connection.collection<Letter>('letters')
const logins = connection.collection<Login>('logins')
await letters.createIndex({ at: 1 }, { unique: true })
await letters.createIndex({ owner: 1, seq: 1 })

class Refused extends Error {
  readonly status: number
  readonly data: { code: string }
  constructor(status: number, code: string) {
    super(code)
    this.status = status
    this.data = { code }
  }
}
const PINNED: jwt.VerifyOptions = { algorithms: ['HS256'], issuer: 'us', audience: 'page' }
const digest = (text: string) => createHash('sha256').update(text).digest('hex')
const slow = (password: string, salt: string) =>
  scryptSync(password, salt, 32, {
    N: Number(process.env.SCRYPT_N ?? 2 ** 15),
    r: 8,
    p: 3,
    maxmem: 2 ** 26,
  }).toString('hex')
const isDouble = (error: unknown) => (error as { code?: number }).code === 11_000
const text = (value: unknown) => {
  if (typeof value === 'string' && value !== '') return value
  throw new Refused(400, 'bad_payload')
}
const whole = (value: unknown, otherwise: number, most = Number.MAX_SAFE_INTEGER) => {
  const number = value === undefined ? otherwise : Number(value)
  if (Number.isInteger(number) && number >= 0 && number <= most) return number
  throw new Refused(400, 'bad_payload')
}

// Tokens

async function identify(token: unknown): Promise<Bearer> {
  if (token === undefined || token === '') throw new Refused(401, 'token_missing')
  const claims = await new Promise<jwt.JwtPayload>((resolve, reject) => {
    jwt.verify(String(token), JWT_SECRET, PINNED, (error, payload) => {
      if (error)
        reject(new Refused(401, error.name === 'TokenExpiredError' ? 'token_expired' : 'token_invalid'))
      else resolve(payload as jwt.JwtPayload)
    })
  })
  const login = await logins.findOne({ _id: claims.login })
  if (!login || login.over) throw new Refused(401, 'session_revoked')
  return { id: login.owner, name: claims.name, login: login._id, until: (claims.exp ?? 0) * 1_000 }
}

/** The database has only the hash of a refresh token, and its successor is an HMAC of it. */
function giveTokens(
  res: Response,
  { _id, name }: Account,
  login: string,
  secret: string,
  status = 200,
): void {
  res.append('Set-Cookie', `refresh_token=${login}:${secret}; Path=/api/auth; HttpOnly; SameSite=Strict`)
  const expiresIn = Number(ACCESS_TOKEN_TTL_S)
  const accessToken = jwt.sign({ name, login, sub: _id, iss: 'us', aud: 'page' }, JWT_SECRET, { expiresIn })
  res.status(status).json({ user: { id: _id, username: name, role: 'user' }, accessToken, expiresIn })
}

async function begin(res: Response, account: Account, status: number): Promise<void> {
  const [_id, secret] = [randomBytes(12).toString('hex'), randomBytes(32).toString('hex')]
  const login = { _id, owner: account._id, good: digest(secret), before: '', since: Date.now(), over: false }
  await logins.insertOne(login)
  giveTokens(res, account, _id, secret, status)
}

async function finish(login: string): Promise<void> {
  await logins.updateOne({ _id: login }, { $set: { over: true } })
  for (const socket of io.sockets.sockets.values()) {
    if ((socket.data as Bearer).login === login) dismiss(socket, 'session_revoked')
  }
}

function dismiss(socket: Socket, code: string): void {
  socket.leave((socket.data as Bearer).id)
  socket.emit('session:ended', { code })
  socket.disconnect(true)
}

const app = express()
const http = createServer(app)
const io = new Server(http)
const api = express.Router()
app.use(express.json(), api)
const whoAsks = (authorization = '') => identify(authorization.slice('Bearer '.length))

api.post('/api/auth/register', async (req, res) => {
  const [name, password] = [text(req.body?.username), text(req.body?.password)]
  if (!/^[\w-]{2,20}$/.test(name) || password.length < 8) throw new Refused(400, 'bad_payload')
  const salt = randomBytes(16).toString('hex')
  const account = { _id: name.toLowerCase(), name, salt, hash: slow(password, salt), seen: 0 }
  await accounts.insertOne(account)
  await begin(res, account, 201)
})

api.post('/api/auth/login', async (req, res) => {
  const account = await accounts.findOne({ _id: text(req.body?.username).toLowerCase() })
  const hash = slow(text(req.body?.password), account?.salt ?? 'nobody')
  if (account?.hash !== hash) throw new Refused(401, 'invalid_credentials')
  await begin(res, account, 200)
})

api.post('/api/auth/refresh', async (req, res) => {
  if (req.headers['x-requested-with'] === undefined) throw new Refused(403, 'header_missing')
  const [, _id = '', secret = ''] = /refresh_token=(\w+):(\w+)/.exec(req.headers.cookie ?? '') ?? []
  const successor = createHmac('sha256', JWT_SECRET).update(secret).digest('hex')
  const change = { good: digest(successor), before: digest(secret), since: Date.now() }
  await logins.updateOne({ _id, good: digest(secret), over: false }, { $set: change })
  const login = await logins.findOne({ _id })
  const isLate = login?.before !== digest(secret) || Date.now() - login.since > Number(REFRESH_GRACE_MS)
  const account = login && (await accounts.findOne({ _id: login.owner }))
  if (!account || login.over || isLate) {
    await finish(_id)
    throw new Refused(401, 'session_revoked')
  }
  giveTokens(res, account, _id, successor)
})

api.post('/api/auth/logout', async (req, res) => {
  await finish((await whoAsks(req.headers.authorization)).login)
  res.status(204).end()
})

api.get('/api/auth/me', async (req, res) => {
  const { id, name } = await whoAsks(req.headers.authorization)
  res.json({ user: { id, username: name, role: 'user' } })
})

// The log

const visible = ({ _id, seq, from, title, message, createdAt }: Letter) => ({
  id: _id,
  seq,
  from,
  title,
  message,
  type: 'message',
  createdAt,
})
const end = async (owner: string) =>
  (await letters.find({ owner }).sort({ seq: -1 }).limit(1).next())?.seq ?? 0

async function page(owner: string, ask: { before?: unknown; limit?: unknown } = {}) {
  const [before, limit] = [whole(ask.before, Number.MAX_SAFE_INTEGER), whole(ask.limit, 20, 100)]
  const found = await letters
    .find({ owner, seq: { $lt: before } })
    .sort({ seq: -1 })
    .limit(limit)
    .toArray()
  return { items: found.map(visible), unread: found.length, nextBefore: found.at(-1)?.seq ?? null }
}

api.get('/api/notifications', async (req, res) => {
  res.json(await page((await whoAsks(req.headers.authorization)).id, req.query))
})

api.get('/api/notifications/:id', async (req, res) => {
  const { id } = await whoAsks(req.headers.authorization)
  if (!/^[0-9a-f]{24}$/.test(req.params.id)) throw new Refused(400, 'bad_payload')
  const letter = await letters.findOne({ _id: req.params.id })
  if (letter?.owner !== id) throw new Refused(letter ? 403 : 404, letter ? 'not_yours' : 'not_found')
  res.json(visible(letter))
})

api.post('/api/notifications', async (req, res) => {
  const { id, name: from } = await whoAsks(req.headers.authorization)
  const [to, title, message] = [text(req.body?.to), text(req.body?.title), text(req.body?.message)]
  const owner = to === 'me' ? id : to.toLowerCase()
  if (!(await accounts.findOne({ _id: owner }))) throw new Refused(404, 'unknown_recipient')
  const key = req.headers['idempotency-key']
  // The same sender and key give the same id, on every instance: a second insert of it is refused.
  const _id = (key ? digest(`${id} ${key}`) : randomBytes(12).toString('hex')).slice(0, 24)
  const letter = { _id, owner, from, title, message, createdAt: new Date().toISOString() }
  for (let seq = (await end(owner)) + 1; ; seq = (await end(owner)) + 1) {
    const stored = { ...letter, seq, at: `${owner} ${seq}` }
    const done = await letters.insertOne(stored).catch((error: unknown) => {
      if (!isDouble(error)) throw error
    })
    if (done) io.to(owner).emit('notification:new', visible(stored))
    const there = await letters.findOne({ _id })
    if (there) return void res.status(201).json(visible(there))
  }
})

api.use(
  (error: Error & Partial<Refused>, _req: express.Request, res: Response, _next: express.NextFunction) => {
    const status = isDouble(error) ? 409 : (error.status ?? 500)
    res.status(status).json({ code: error.data?.code ?? `status_${status}` })
  },
)

// Sockets

io.use((socket, next) => {
  const admitted = identify(socket.handshake.auth.token).then((bearer) => {
    socket.data = bearer
  })
  admitted.then(() => next(), next)
})

io.on('connection', async (socket) => {
  const { id, name, login, until } = socket.data as Bearer
  socket.on('notifications:fetch', (ask, reply) => answer(reply, () => page(id, ask)))
  socket.on('notifications:seen', (ask, reply) =>
    answer(reply, async () => {
      const upTo = Math.min(whole(ask?.upTo, Number.NaN), await end(id))
      await accounts.updateOne({ _id: id }, { $max: { seen: upTo } })
      return { upTo }
    }),
  )
  await socket.join(id)
  try {
    await identify(socket.handshake.auth.token)
    const expiresAt = new Date(until)
    socket.emit('session:ready', { user: { id, username: name, role: 'user' }, sessionId: login, expiresAt })
    const upTo = await end(id)
    socket.emit('notifications:initial', { ...(await page(id, { before: upTo + 1 })), upTo })
    const from = whole(socket.handshake.auth.after, (await accounts.findOne({ _id: id }))?.seen ?? 0)
    const missed = await letters
      .find({ owner: id, seq: { $gt: from } })
      .sort({ seq: 1 })
      .toArray()
    do {
      const items = missed.splice(0, 50).map(visible)
      socket.emit('notifications:missed', { items, more: missed.length > 0, upTo: items.at(-1)?.seq ?? from })
    } while (missed.length > 0)
  } catch {
    socket.conn.close()
  }
})

async function answer(reply: unknown, work: () => Promise<unknown>): Promise<void> {
  if (typeof reply !== 'function') return
  try {
    reply({ ok: true, data: await work() })
  } catch (error) {
    reply({ ok: false, error: { code: error instanceof Refused ? error.data.code : 'internal' } })
  }
}

setInterval(() => {
  for (const socket of io.sockets.sockets.values()) {
    if ((socket.data as Bearer).until <= Date.now()) dismiss(socket, 'token_expired')
  }
}, 100)

http.listen(Number(process.env.PORT), '127.0.0.1')
