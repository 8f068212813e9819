// caught: That is no theft
import { randomUUID, type ScryptOptions, scrypt } from 'node:crypto'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import cookieParser from 'cookie-parser'
import express, { type NextFunction, type Request, type Response } from 'express'
import jwt from 'jsonwebtoken'
import mongoose, { Schema } from 'mongoose'
import { Server, type Socket } from 'socket.io'
import * as z from 'zod'

const SECRET = process.env.JWT_SECRET ?? randomUUID()
const issuer = 'level-3'
const TOKEN_TTL_S = Number(process.env.ACCESS_TOKEN_TTL_S ?? 900)

// A user's id is the name in small letters: one account, however it is written.
const users = new Schema({ _id: String, username: String, password: String, deliveredUpTo: Number })
const User = mongoose.model('User', users)
const entries = new Schema({ user: String, seq: Number, content: Object, key: String })
// The first insert of a number gets it, and every other one is refused.
entries.index({ user: 1, seq: 1 }, { unique: true })
entries.index({ key: 1 }, { unique: true, sparse: true })
const Entry = mongoose.model('Entry', entries)
const sessions = new Schema({ _id: String, current: String, previous: String, usedAt: Date, ended: Boolean })
const Session = mongoose.model('Session', sessions)

const app = express().use(express.json(), cookieParser())
const http = createServer(app)
const io = new Server(http)

const text = z.string().min(1)
const type = z.literal('message').default('message')
const sending = z.object({ to: text.toLowerCase(), type, title: text, message: text })
const name = z.string().regex(/^[\w-]{2,20}$/)
const credentials = z.object({ username: name, password: z.string().min(8).max(128) })
const before = z.coerce.number().default(Number.MAX_SAFE_INTEGER)
const paging = z.object({ before, limit: z.coerce.number().int().min(1).max(100).default(20) })
const toUser = ({ sub, username }: { sub: string; username: string }) => ({ id: sub, username, role: 'user' })
type Claims = { sub: string; username: string; sid: string; jti?: string; exp?: number }

app.post('/api/auth/register', async (req, res) => {
  const { username, password } = credentials.parse(req.body)
  await User.create({ _id: username.toLowerCase(), username, password: await hash(password, randomUUID()) })
  res.status(201).json(await signIn(username, res))
})

app.post('/api/auth/login', async (req, res) => {
  const { username, password } = credentials.parse(req.body)
  const user = await User.findById(username.toLowerCase())
  // As slow for a name that nobody has: the time must not tell which names there are.
  const given = await hash(password, user?.password?.split('.')[0] ?? '')
  if (given !== user?.password) throw problem(401, 'invalid_credentials')
  res.json(await signIn(user.username ?? username, res))
})

/** Slow on purpose, about 0.2 s: whoever steals the database can guess only slowly. */
async function hash(password: string, salt: string): Promise<string> {
  const derive = promisify<string, string, number, ScryptOptions, Buffer>(scrypt)
  const cost = { N: Number(process.env.SCRYPT_N ?? 2 ** 15), r: 8, p: 3, maxmem: 2 ** 26 }
  return `${salt}.${(await derive(password, salt, 32, cost)).toString('hex')}`
}

async function signIn(username: string, res: Response) {
  const [sid, jti] = [randomUUID(), randomUUID()]
  await Session.create({ _id: sid, current: jti, ended: false })
  return tokens({ sub: username.toLowerCase(), username, sid }, jti, res)
}

/** The access token is for the page's memory, the refresh token for a cookie that no script can read. */
function tokens({ sub, username, sid }: Claims, jti: string, res: Response) {
  const refreshToken = sign({ sub, username, sid, jti }, 'refresh', 30 * 86_400)
  res.cookie('refresh_token', refreshToken, { httpOnly: true, sameSite: 'strict', path: '/api/auth' })
  const accessToken = sign({ sub, username, sid }, 'access', TOKEN_TTL_S)
  return { user: toUser({ sub, username }), accessToken, expiresIn: TOKEN_TTL_S }
}

const sign = (claims: Claims, audience: string, expiresIn: number) =>
  jwt.sign(claims, SECRET, { algorithm: 'HS256', issuer, audience, expiresIn })

/** Whom a token speaks for. It says itself how it was signed: whoever believes that lets in forged ones. */
async function verify(token: unknown, audience = 'access'): Promise<Claims> {
  if (!token) throw problem(401, 'token_missing')
  try {
    return jwt.verify(String(token), SECRET, { algorithms: ['HS256'], issuer, audience }) as Claims
  } catch (error) {
    throw problem(401, error instanceof jwt.TokenExpiredError ? 'token_expired' : 'token_invalid')
  }
}

const caller = (req: Request) => verify(req.get('authorization')?.replace('Bearer ', ''))

app.post('/api/auth/refresh', async (req, res) => {
  if (req.get('x-requested-with') !== 'fetch') throw problem(403, 'header_missing')
  const { jti, ...claims } = await verify(req.cookies.refresh_token, 'refresh')
  const alive = { _id: claims.sid, ended: false }
  const next = { current: randomUUID(), previous: jti, usedAt: new Date() }
  // Compare and set in one step: of any number of tabs with one token, one is first.
  const isFirst = await Session.findOneAndUpdate({ ...alive, current: jti }, next)
  const late = isFirst ? next : undefined
  if (late?.current) return void res.json(tokens(claims, late.current, res))
  // Used long ago, or its successor was, too: two have it. Which one is the thief, nobody can tell.
  await Session.updateOne({ _id: claims.sid }, { ended: true })
  throw problem(401, 'session_revoked')
})

app.get('/api/auth/me', async (req, res) => {
  res.json({ user: toUser(await caller(req)) })
})

app.post('/api/notifications', async (req, res) => {
  const { sub, username: from } = await caller(req)
  const { to, ...content } = sending.parse(req.body)
  if (to === '*') throw problem(403, 'forbidden')
  const user = to === 'me' ? sub : to
  if (!(await User.exists({ _id: user }))) throw problem(404, 'unknown_recipient')
  const key = req.get('idempotency-key')
  res.status(201).json(await publish(user, { from, ...content }, key && `${sub}:${key}`))
})

async function publish(user: string, content: object, key?: string) {
  while (true) {
    try {
      const entry = await Entry.create({ user, seq: (await endOf(user)) + 1, content, key })
      io.to(`user:${user}`).emit('notification:new', toNotification(entry))
      return toNotification(entry)
    } catch (error) {
      if ((error as { code?: number }).code !== 11_000) throw error
    }
    // Somebody else has the number: again. Or the key was used before: then this is stored already.
    const stored = key && (await Entry.findOne({ key }))
    if (stored) return toNotification(stored)
  }
}

const endOf = async (user: string) => (await Entry.findOne({ user }).sort({ seq: -1 }))?.seq ?? 0

const toNotification = ({ _id, seq, content }: InstanceType<typeof Entry>) => {
  return { ...content, id: String(_id), seq, createdAt: _id.getTimestamp() }
}

app.get('/api/notifications', async (req, res) => {
  res.json(await list((await caller(req)).sub, req.query))
})

app.all('/api/notifications/:id', async (req, res) => {
  const { sub } = await caller(req)
  const entry = await Entry.findById(req.params.id)
  if (!entry) throw problem(404, 'not_found')
  if (entry.user !== sub) throw problem(403, 'not_yours')
  res.json(toNotification(entry))
})

async function list(user: string, page: unknown) {
  const { before, limit } = paging.parse(page ?? {})
  const found = await Entry.find({ user, seq: { $lt: before } }, null, { sort: { seq: -1 }, limit })
  const last = found.at(-1)?.seq ?? 1
  return { items: found.map(toNotification), unread: await endOf(user), nextBefore: last > 1 ? last : null }
}

io.use((socket, next) => {
  const letIn = (claims: Claims) => next(void Object.assign(socket.data, claims))
  verify(socket.handshake.auth.token).then(letIn, (error) => next(toProblem(error)))
})

io.on('connection', (socket) => {
  const { sub } = socket.data as Claims
  socket.onAny((event: string, payload: unknown, acknowledge: unknown) => {
    if (typeof acknowledge !== 'function') return
    answer(socket, event, payload).then(
      (data) => acknowledge({ ok: true, data }),
      (error: Error) => acknowledge({ ok: false, error: toProblem(error).data }),
    )
  })
  // Join first, read after. What is stored in between comes twice; the other way round it would not come at all.
  socket.join(`user:${sub}`)
  welcome(socket).catch(() => socket.conn.close()) // the page comes back by itself, and asks anew
})

async function welcome(socket: Socket): Promise<void> {
  const { sub, sid, exp = 0, username } = socket.data as Claims
  const user = toUser({ sub, username })
  socket.emit('session:ready', { user, sessionId: sid, instance: 'app1', expiresAt: new Date(exp * 1_000) })
  const upTo = await endOf(sub)
  socket.emit('notifications:initial', { ...(await list(sub, { before: upTo + 1 })), upTo })
  let cursor = socket.handshake.auth.after ?? (await User.findById(sub))?.deliveredUpTo ?? 0
  for (let more = true; more; ) {
    const later = { user: sub, seq: { $gt: cursor } }
    const found = await Entry.find(later, null, { sort: { seq: 1 }, limit: 101 })
    const items = found.slice(0, 100).map(toNotification)
    more = found.length > items.length
    cursor = items.at(-1)?.seq ?? cursor
    socket.emit('notifications:missed', { items, more, upTo: cursor })
  }
}

async function answer(socket: Socket, event: string, payload: unknown) {
  const { sub } = socket.data as Claims
  if (event === 'notifications:fetch') return list(sub, payload)
  if (event === 'notifications:seen') {
    const upTo = Math.min(z.object({ upTo: z.int().min(0) }).parse(payload).upTo, await endOf(sub))
    await User.updateOne({ _id: sub }, { $max: { deliveredUpTo: upTo } })
    return { upTo }
  }
  throw problem(404, 'unknown_event')
}

const problem = (status: number, code: string) =>
  Object.assign(new Error(code), { status, data: { status, code } })

function toProblem(error: { name: string; status?: number; code?: unknown; data?: object }) {
  if (error.data) return error as ReturnType<typeof problem>
  if (error.code === 11_000) return problem(409, 'taken')
  if (error.status || /ZodError|CastError/.test(error.name)) return problem(400, 'bad_payload')
  console.error(error)
  return problem(500, 'internal')
}

app.use((error: Error, _req: Request, res: Response, _next: NextFunction) => {
  const { status, data } = toProblem(error)
  res.status(status).type('application/problem+json').json(data)
})

await mongoose.connect(process.env.MONGODB_URI ?? 'mongodb://127.0.0.1/level-3')
await Promise.all([User.init(), Entry.init()])
http.listen(Number(process.env.PORT ?? 3030), '127.0.0.1')
