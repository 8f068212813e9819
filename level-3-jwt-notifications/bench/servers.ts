import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pageForBench } from '@levels/shared/bench/hood.ts'
import { serveForBench } from '@levels/shared/bench/serve.ts'
import { createLog } from '@levels/shared/server/log.ts'
import { openDatabase } from '@levels/shared/server/mongo.ts'
import express from 'express'
import { type Connection, Schema } from 'mongoose'
import { Server } from 'socket.io'
import { createServer } from '../src/server.ts'
import { benchLog, benchUsers } from './bench-routes.ts'

/** One user sends as fast as the server takes it. */
const plenty = { perMinute: 1_000_000_000, atOnce: 1_000 }

await serveForBench({
  async level() {
    const config = {
      allowedOrigins: [],
      production: false,
      accessTokenTtlS: 900,
      trustProxyHops: 0,
      limits: { notifications: plenty },
      jwtSecret: 'a secret for measuring, and for nothing else',
    }
    const db = await newDatabase()
    const server = await createServer({
      config,
      db,
      log: createLog('error'),
      page: pageForBench(),
      routes({ route, models }) {
        benchUsers(route, models, config.jwtSecret)
        benchLog(route, models)
      },
    })
    return server.http
  },
  /** The least server that does the same work: one mongoose insert, one emit. No accounts, no order, no catch-up. */
  async bare() {
    const db = await newDatabase()
    const Notification = db.model(
      'Notification',
      new Schema({ userId: String, type: String, title: String, message: String, createdAt: Date }),
    )
    const app = express()
    const http = createHttpServer(app)
    const io = new Server(http)
    io.on('connection', (socket) => socket.join(`user:${socket.handshake.auth.token}`))
    app.use(express.json())
    app.post('/api/notifications', async (req, res) => {
      const userId = req.headers.authorization?.slice('Bearer '.length)
      const document = (await Notification.create({ ...req.body, userId, createdAt: new Date() })).toObject()
      io.to(`user:${userId}`).emit('notification:new', document)
      res.status(201).json(document)
    })
    app.post('/api/bench/users', (req, res) => {
      res.json({ tokens: Array.from({ length: req.body.count }, (_, n) => `token-${n}`) })
    })
    return http
  },
})

/** MONGODB_URI, or an embedded one in this process, as `npm run level-3` has it; an empty one each time. */
async function newDatabase(): Promise<Connection> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'bench-3-'))
  process.once('exit', () => rmSync(dataDir, { recursive: true, force: true }))
  const { db } = await openDatabase({ mongodbUri: process.env.MONGODB_URI || undefined, dataDir }, 'bench')
  return db.useDb(`bench-${process.pid}-${Date.now()}`)
}
