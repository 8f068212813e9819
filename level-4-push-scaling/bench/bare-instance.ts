import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdapter } from '@socket.io/redis-adapter'
import mongoose from 'mongoose'
import { createClient } from 'redis'
import { Server } from 'socket.io'

// The least that does the same work: a POST is stored with mongoose and reaches the user's sockets on both processes.
// No accounts, no numbers, no catching up: what comes on top of this is what the level costs.
const { MONGODB_URI = '', REDIS_URL = '', PORT = '0' } = process.env
await mongoose.connect(MONGODB_URI, { dbName: 'bare' })
const Note = mongoose.model(
  'Note',
  new mongoose.Schema({ user: String, title: String, message: String, at: Date }),
)

const publisher = createClient({ url: REDIS_URL })
const subscriber = publisher.duplicate()
await Promise.all([publisher.connect(), subscriber.connect()])

const http = createServer(async (req, res) => {
  const { title, message } = JSON.parse((await req.setEncoding('utf8').toArray()).join(''))
  const note = await Note.create({ user: 'me', title, message, at: new Date() })
  io.to('user:me').emit('notification:new', { id: note.id, title, message })
  res.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ id: note.id }))
})
const adapter = createAdapter(publisher, subscriber, { key: 'bare' }) // both are measured on one Redis
const io = new Server(http, { transports: ['websocket'], adapter })
io.on('connection', (socket) => socket.join('user:me'))
await subscriber.ping() // answered after the adapter's own subscriptions
http.listen(Number(PORT), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${(http.address() as AddressInfo).port}`),
)
