import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedMongo } from '@levels/embedded-mongo'
import mongoose from 'mongoose'
import { io } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import { startRedis } from '../src/index.ts'
import { describeEachRedis } from './support/each-redis.ts'
import { startSocketServer } from './support/socket-server-process.ts'

/** Both drivers look for a lost server every second or two; by default that of MongoDB may wait half a minute for one answer. */
const RETURN_BOUND_MS = 10_000
const impatient = {
  serverSelectionTimeoutMS: 1_500,
  connectTimeoutMS: 3_000,
  heartbeatFrequencyMS: 2_000,
  socketTimeoutMS: 2_000,
}

const noteSchema = new mongoose.Schema({ text: String, at: Date })

/** Everything that levels 3 and 4 need, on a machine with nothing but Node. */
describeEachRedis('MongoDB and Redis, nothing installed', (kind) => {
  test('a stored document and an event between two processes survive a restart of both', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'embedded-demo-'))
    onTestFinished(() => rm(dir, { recursive: true }))
    let mongo = await startEmbeddedMongo({ dir })
    onTestFinished(() => mongo.close())
    let redis = await startRedis({ kind })
    onTestFinished(() => redis.close())

    const connection = await mongoose
      .createConnection(mongo.uri, { dbName: 'demo', ...impatient })
      .asPromise()
    onTestFinished(() => connection.close())
    const Note = connection.model('Note', noteSchema)
    const [app1, app2] = await Promise.all([
      startSocketServer(redis.uri, 'app1', 2),
      startSocketServer(redis.uri, 'app2', 3),
    ])
    onTestFinished(() => Promise.all([app1.stop(), app2.stop()]).then(() => undefined))

    const page = io(app2.url, { transports: ['websocket'], auth: { room: 'demo' } })
    onTestFinished(() => void page.disconnect())
    const received: unknown[] = []
    page.on('event', (text) => received.push(text))
    await new Promise<void>((resolve) => page.once('connect', resolve))

    const at = new Date('2025-01-01T12:00:00Z')
    const { _id } = await Note.create({ text: 'remember me', at })
    await app1.call('emit', 'demo', 'before')
    await expect.poll(() => received).toEqual(['before'])

    await Promise.all([mongo.close(), redis.close()])
    mongo = await startEmbeddedMongo({ dir, ...mongo.address })
    redis = await startRedis({ kind, ...redis.address })

    // The driver may first take a connection that it has not yet noticed to be cut.
    const readAgain = () => Note.findById(_id).lean()
    await expect.poll(readAgain, { timeout: RETURN_BOUND_MS }).toMatchObject({ _id, text: 'remember me', at })
    const emitAgain = async () => {
      await app1.call('emit', 'demo', 'after')
      return received.at(-1)
    }
    await expect.poll(emitAgain, { timeout: RETURN_BOUND_MS }).toBe('after')
    for (const app of [app1, app2]) expect(app.process.exitCode).toBeNull()
  })
})
