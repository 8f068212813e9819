// 2.1 Names. Everyone must have a valid name, and nobody else the same one.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { Server } from 'socket.io'

interface User {
  username: string
}

type Payload = Record<string, unknown>

// A page finds `data` in its event connect_error.
const refusal = (code: string, message: string) =>
  Object.assign(new Error(message), { data: { code, message } })

const http = createServer()
const io = new Server(http, {
  maxHttpBufferSize: 65_536,
  // As in level 1: a page of another origin gets no connection.
  allowRequest: ({ headers: { origin, host } }, done) => done(null, !origin || origin === `http://${host}`),
})

io.use((socket, next) => {
  try {
    socket.data.user = enter(socket.handshake.auth)
    next()
  } catch (error) {
    next(error as Error)
  }
})

function enter({ username: wanted }: Payload): User {
  if (wanted === undefined || wanted === '') throw refusal('username_missing', 'Choose a username.')
  return { username: String(wanted) }
}

io.on('connection', (socket) => {
  const user: User = socket.data.user

  socket.on('message:send', ({ text }) => {
    const message = { id: randomUUID(), from: user.username, text, at: new Date().toISOString(), room: null }
    io.emit('message:new', message)
  })
})

http.listen(Number(process.env.PORT ?? 3020), '127.0.0.1')
