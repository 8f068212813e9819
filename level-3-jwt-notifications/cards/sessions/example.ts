// Sessions on an ordinary Express server with Socket.IO: register, sign in, refresh, sign out, and sockets that end with
// their session.
import { createServer } from 'node:http'
import { bearerToken, requireOwnPage } from '@levels/shared/server/api/admit.ts'
import { HttpError } from '@levels/shared/server/http-error.ts'
import { createOriginCheck } from '@levels/shared/server/origin.ts'
import express, { type ErrorRequestHandler, type Request, type Response } from 'express'
import mongoose from 'mongoose'
import { Server } from 'socket.io'
import { deviceOf } from '../../src/sessions/devices.ts'
import { createSessionsChapter } from '../../src/sessions/index.ts'
import { createSessionModels } from '../../src/sessions/models.ts'
import { credentials, registration, type User } from '../../src/sessions/shapes.ts'

await mongoose.connect(process.env.MONGODB_URI ?? 'mongodb://127.0.0.1:27017/sessions-example')
const models = createSessionModels(mongoose.connection)
await Promise.all(Object.values(models).map((model) => model.createIndexes())) // before you listen

const app = express().use(express.json())
const http = createServer(app)
const isAllowedOrigin = createOriginCheck([])
const io = new Server(http, {
  // A browser asks no CORS question before it opens a WebSocket.
  allowRequest: (req, answer) => answer(null, isAllowedOrigin(req)),
})

const auth = await createSessionsChapter({
  production: process.env.NODE_ENV === 'production',
  cookieSecure: process.env.NODE_ENV === 'production',
  accessTokenTtlS: 900,
  jwtSecret: process.env.JWT_SECRET, // without it one is made, and kept in the database
  db: mongoose.connection,
  models,
  isAllowedOrigin,
  cutSockets: (sid) => io.in(sid).disconnectSockets(true),
  forgetUser: async () => undefined, // delete here what else you keep of a user
  log: console,
})

async function letIn(
  user: User,
  req: Request,
  res: Response,
  isStillRight = async () => true,
): Promise<void> {
  const { sid, refreshToken } = await auth.sessions.open(user.id, deviceOf(req))
  if (!(await isStillRight())) await auth.sessions.end(user.id, [sid]) // the password was changed meanwhile
  answer(res, user, sid, refreshToken)
}

function answer(res: Response, user: User, sid: string, refreshToken: string): void {
  auth.cookie.set(res, refreshToken)
  const { token, expiresIn } = auth.tokens.issue({ userId: user.id, sid, role: user.role })
  res.json({ user, accessToken: token, expiresIn })
}

app.post('/api/auth/register', async (req, res) => {
  await letIn(await auth.accounts.register(registration.parse(req.body), req.ip ?? ''), req, res)
})

app.post('/api/auth/login', async (req, res) => {
  const { username, password } = credentials.parse(req.body)
  const [user, isStillRight] = await auth.accounts.logIn(username, password, req.ip ?? '')
  await letIn(user, req, res, isStillRight)
})

app.post('/api/auth/refresh', async (req, res) => {
  requireOwnPage(req, isAllowedOrigin) // a browser attaches the cookie by itself, whoever asks
  const { sid, userId, refreshToken } = await auth.sessions.refresh(auth.cookie.read(req), deviceOf(req))
  const user = await auth.accounts.find(userId)
  if (!user) throw new HttpError(401, 'session_revoked', 'This account is gone.')
  answer(res, user, sid, refreshToken)
})

app.post('/api/auth/logout', async (req, res) => {
  requireOwnPage(req, isAllowedOrigin)
  const ending = await auth.devices.ownerOf(auth.cookie.read(req))
  if (ending) await auth.sessions.end(ending.userId, [ending.sid])
  auth.cookie.clear(res)
  res.status(204).end()
})

app.get('/api/auth/me', async (req, res) => {
  const { id, username, role } = await auth.identify(bearerToken(req))
  res.json({ user: { id, username, role } })
})

const refuse: ErrorRequestHandler = (error, _req, res, _next) => {
  const isOurs = error instanceof HttpError
  if (!isOurs) console.error(error)
  const { status, code, message } = isOurs
    ? error
    : new HttpError(400, 'bad_request', 'That was not understood.')
  res.status(status).json({ code, message })
}
app.use(refuse)

io.use((socket, next) => {
  auth.identify(socket.handshake.auth.token).then(
    (caller) => {
      socket.data = caller
      next()
    },
    (error: Error) => next(error),
  )
})
io.on('connection', async (socket) => {
  await socket.join(socket.data.sid)
  // Asked again: a sign-out between handshake and join had no socket to cut yet.
  await auth.requireAlive(socket.data.sid).catch(() => socket.disconnect(true))
  socket.emit('session:ready', {})
  socket.emit('notifications:missed', { items: [], more: false, upTo: 0 }) // there is no log here
})

http.listen(Number(process.env.PORT ?? 3000))
