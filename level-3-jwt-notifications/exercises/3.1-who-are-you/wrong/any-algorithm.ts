// caught: by another algorithm (HS512)
import { randomUUID, type ScryptOptions, scrypt } from 'node:crypto'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import express, { type NextFunction, type Request, type Response } from 'express'
import jwt from 'jsonwebtoken'
import mongoose, { Schema } from 'mongoose'
import { Server, type Socket } from 'socket.io'
import * as z from 'zod'

const SECRET = process.env.JWT_SECRET ?? randomUUID()
const issuer = 'level-3'
const TOKEN_TTL_S = Number(process.env.ACCESS_TOKEN_TTL_S ?? 900)

// A user's id is the name in small letters: one account, however it is written.
const users = new Schema({ _id: String, username: String, password: String })
const User = mongoose.model('User', users)

const app = express().use(express.json())
const http = createServer(app)
const io = new Server(http)

const text = z.string().min(1)
const type = z.literal('message').default('message')
const sending = z.object({ to: text.toLowerCase(), type, title: text, message: text })
const name = z.string().regex(/^[\w-]{2,20}$/)
const credentials = z.object({ username: name, password: z.string().min(8).max(128) })
const toUser = ({ sub, username }: { sub: string; username: string }) => ({ id: sub, username, role: 'user' })
type Claims = { sub: string; username: string; sid: string; jti?: string; exp?: number }

app.post('/api/auth/register', async (req, res) => {
  const { username, password } = credentials.parse(req.body)
  await User.create({ _id: username.toLowerCase(), username, password: await hash(password, randomUUID()) })
  res.status(201).json(await signIn(username))
})

app.post('/api/auth/login', async (req, res) => {
  const { username, password } = credentials.parse(req.body)
  const user = await User.findById(username.toLowerCase())
  // As slow for a name that nobody has: the time must not tell which names there are.
  const given = await hash(password, user?.password?.split('.')[0] ?? '')
  if (given !== user?.password) throw problem(401, 'invalid_credentials')
  res.json(await signIn(user.username ?? username))
})

/** Slow on purpose, about 0.2 s: whoever steals the database can guess only slowly. */
async function hash(password: string, salt: string): Promise<string> {
  const derive = promisify<string, string, number, ScryptOptions, Buffer>(scrypt)
  const cost = { N: Number(process.env.SCRYPT_N ?? 2 ** 15), r: 8, p: 3, maxmem: 2 ** 26 }
  return `${salt}.${(await derive(password, salt, 32, cost)).toString('hex')}`
}

async function signIn(username: string) {
  return tokens({ sub: username.toLowerCase(), username, sid: randomUUID() })
}

function tokens({ sub, username, sid }: Claims) {
  const accessToken = sign({ sub, username, sid }, 'access', TOKEN_TTL_S)
  return { user: toUser({ sub, username }), accessToken, expiresIn: TOKEN_TTL_S }
}

const sign = (claims: Claims, audience: string, expiresIn: number) =>
  jwt.sign(claims, SECRET, { algorithm: 'HS256', issuer, audience, expiresIn })

/** Whom a token speaks for. It says itself how it was signed: whoever believes that lets in forged ones. */
async function verify(token: unknown, audience = 'access'): Promise<Claims> {
  if (!token) throw problem(401, 'token_missing')
  try {
    return jwt.verify(String(token), SECRET, { issuer, audience }) as Claims
  } catch (error) {
    throw problem(401, error instanceof jwt.TokenExpiredError ? 'token_expired' : 'token_invalid')
  }
}

const caller = (req: Request) => verify(req.get('authorization')?.replace('Bearer ', ''))

app.get('/api/auth/me', async (req, res) => {
  res.json({ user: toUser(await caller(req)) })
})

app.post('/api/notifications', async (req, res) => {
  const { sub, username: from } = await caller(req)
  const { to, ...content } = sending.parse(req.body)
  if (to === '*') throw problem(403, 'forbidden')
  const user = to === 'me' ? sub : to
  if (!(await User.exists({ _id: user }))) throw problem(404, 'unknown_recipient')
  res.status(201).json(await publish(user, { from, ...content }))
})

async function publish(user: string, content: object) {
  const notification = { ...content, id: randomUUID(), createdAt: new Date() }
  io.to(`user:${user}`).emit('notification:new', notification)
  return notification
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
  socket.join(`user:${sub}`)
  welcome(socket)
})

async function welcome(socket: Socket): Promise<void> {
  const { sub, sid, exp = 0, username } = socket.data as Claims
  const user = toUser({ sub, username })
  socket.emit('session:ready', { user, sessionId: sid, instance: 'app1', expiresAt: new Date(exp * 1_000) })
}

async function answer(_socket: Socket, _event: string, _payload: unknown): Promise<unknown> {
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
await User.init()
http.listen(Number(process.env.PORT ?? 3030), '127.0.0.1')
