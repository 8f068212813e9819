import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import mongoose from 'mongoose'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { doc, type Long } from '../src/bson.ts'
import { Cursors } from '../src/cursors.ts'
import { type EmbeddedMongo, startEmbeddedMongo } from '../src/index.ts'

const { MongoClient, BSON } = mongoose.mongo

let mongo: EmbeddedMongo
beforeEach(async () => {
  mongo = await startEmbeddedMongo({ sweepMs: 20 })
})
afterEach(() => mongo.close())

async function raw(): Promise<Socket> {
  const socket = connect(Number(new URL(mongo.uri).port), '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

function message(operation: number, ...parts: Uint8Array[]): Buffer {
  const head = Buffer.alloc(16)
  head.writeInt32LE(16 + parts.reduce((sum, { length }) => sum + length, 0), 0)
  head.writeInt32LE(77, 4)
  head.writeInt32LE(operation, 12)
  return Buffer.concat([head, ...parts])
}

const int32 = (value: number) => Buffer.from(new Int32Array([value]).buffer)
const cString = (text: string) => Buffer.from(`${text}\0`)

async function answer(socket: Socket) {
  const [reply] = (await once(socket, 'data')) as [Buffer]
  const operation = reply.readInt32LE(12)
  return {
    to: reply.readInt32LE(8),
    operation,
    body: BSON.deserialize(reply.subarray(operation === 1 ? 36 : 21)),
  }
}

describe('the wire', () => {
  test('answers the first hello, an OP_QUERY, with OP_REPLY', async () => {
    const socket = await raw()
    socket.write(
      message(
        2004,
        int32(0),
        cString('admin.$cmd'),
        int32(0),
        int32(-1),
        BSON.serialize({ isMaster: 1, helloOk: true }),
      ),
    )
    expect(await answer(socket)).toMatchObject({
      to: 77,
      operation: 1,
      body: { ok: 1, ismaster: true, helloOk: true },
    })
    socket.destroy()
  })

  test('refuses any other OP_QUERY', async () => {
    const socket = await raw()
    socket.write(message(2004, int32(0), cString('d.c'), int32(0), int32(-1), BSON.serialize({ find: 'c' })))
    expect(await answer(socket)).toMatchObject({ operation: 1, body: { ok: 0, code: 352 } })
    socket.destroy()
  })

  test('reads messages that come byte by byte, and documents from kind-1 sections', async () => {
    const proxy = createServer((near) => {
      const far = connect(mongo.address.port, '127.0.0.1').setNoDelay()
      far.on('error', () => near.destroy()).pipe(near)
      near.on('error', () => far.destroy())
      near.on('data', (chunk) => {
        for (const byte of chunk) far.write(Buffer.from([byte]))
      })
    }).listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const uri = new URL(mongo.uri)
    uri.port = String((proxy.address() as AddressInfo).port)
    const client = await MongoClient.connect(uri.href)
    const { insertedCount } = await client
      .db('d')
      .collection('c')
      .insertMany([{ a: 1 }, { a: 2 }])
    expect(insertedCount).toBe(2)
    await client.close()
    proxy.close()
  })

  test('says hello as a standalone: drivers then send no transaction numbers', async () => {
    const client = await MongoClient.connect(mongo.uri)
    expect(await client.db('d').command({ hello: 1 })).not.toHaveProperty('setName')
    await client.close()
  })

  test('takes a checksum at the end', async () => {
    const socket = await raw()
    socket.write(
      message(2013, int32(1), Buffer.from([0]), BSON.serialize({ ping: 1, $db: 'd' }), Buffer.from('crc!')),
    )
    expect(await answer(socket)).toMatchObject({ to: 77, operation: 2013, body: { ok: 1 } })
    socket.destroy()
  })

  test('is not read further by a server whose answers are not read', async () => {
    const socket = (await raw()).pause()
    const ping = message(2013, int32(0), Buffer.from([0]), BSON.serialize({ ping: 1, $db: 'd' }))
    const megabyte = Buffer.concat(Array(Math.ceil(2 ** 20 / ping.length)).fill(ping))
    for (let i = 0; i < 50; i++) socket.write(megabyte)
    const waiting = async () => {
      const before = socket.writableLength
      await new Promise((resolve) => setTimeout(resolve, 100))
      return socket.writableLength === before ? before : 0
    }
    await expect.poll(waiting).toBeGreaterThan(30 * 2 ** 20)
    socket.destroy()
  })

  const garbage: [what: string, bytes: Buffer][] = [
    ['text', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a message too long', Buffer.concat([int32(48_000_001), Buffer.alloc(12)])],
    ['a negative length', Buffer.concat([int32(-1), Buffer.alloc(12)])],
    ['an unknown operation', message(9999, int32(0))],
    ['flags that must be understood', message(2013, int32(4), Buffer.from([0]), BSON.serialize({ ping: 1 }))],
    ['no body', message(2013, int32(0))],
    [
      'a section that ends beyond the message',
      message(2013, int32(0), Buffer.from([0]), int32(5000), Buffer.alloc(8)),
    ],
    ['broken BSON', message(2013, int32(0), Buffer.from([0]), int32(9), Buffer.from([0x99, 1, 2, 3, 0]))],
    ['a sequence without a name', message(2013, int32(0), Buffer.from([1]), int32(6), Buffer.from('ab'))],
  ]
  test.each(garbage)('closes a connection that sends %s, and no other', async (_, bytes) => {
    const client = await MongoClient.connect(mongo.uri)
    await client.db('d').collection('c').insertOne({})
    const socket = await raw()
    socket.on('error', () => undefined)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.write(bytes)
    await closed
    expect(await client.db('d').collection('c').countDocuments()).toBe(1)
    await client.close()
  })
})

describe('TTL indexes', () => {
  test('remove documents whose time is up, and only those', async () => {
    const client = await MongoClient.connect(mongo.uri)
    const collection = client.db('d').collection('c')
    await collection.createIndex({ at: 1 }, { expireAfterSeconds: 100 })
    const ago = (seconds: number) => new Date(Date.now() - seconds * 1000)
    await collection.insertMany([
      { n: 1, at: ago(101) },
      { n: 2, at: ago(50) },
      { n: 3, at: 'never' },
      { n: 4 },
      { n: 5, at: null },
      { n: 6, at: [ago(0), ago(200)] },
      { n: 7, at: 1 },
    ])
    await expect.poll(() => collection.countDocuments(), { timeout: 10_000 }).toBe(5)
    expect((await collection.find().sort({ n: 1 }).toArray()).map(({ n }) => n)).toEqual([2, 3, 4, 5, 7])
    await client.close()
  })
})

describe('starting and closing', () => {
  test('is refused when NODE_ENV is production', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    await expect(startEmbeddedMongo()).rejects.toThrow('Set MONGODB_URI to a real MongoDB')
    vi.unstubAllEnvs()
  })

  test('listens on loopback only, and says that it is a stand-in', () => {
    expect(mongo.uri).toMatch(/^mongodb:\/\/level:[\w-]{32}@127\.0\.0\.1:\d+\/\?.*retryWrites=false$/)
    expect(mongo.notice).toBe('embedded MongoDB, a stand-in for development (in memory only)')
  })

  test('on a port that is taken is refused', async () => {
    await expect(startEmbeddedMongo({ port: Number(new URL(mongo.uri).port) })).rejects.toThrow('EADDRINUSE')
  })

  test('close cuts the connections, and may be called twice', async () => {
    const socket = (await raw()).on('error', () => undefined)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await Promise.all([mongo.close(), mongo.close()])
    await closed
    await mongo.close()
    await expect(MongoClient.connect(mongo.uri, { serverSelectionTimeoutMS: 200 })).rejects.toThrow()
  })
})

test('a cursor that nobody has used for ten minutes is forgotten', () => {
  const cursors = new Cursors()
  const { cursor } = cursors.start('d.c', [doc(), doc()], 1)
  cursors.reap(Date.now() + 9 * 60_000)
  expect(cursors.size).toBe(1)
  cursors.reap(Date.now() + 11 * 60_000)
  expect(() => cursors.next(cursor.id as Long, 'd.c')).toThrow('not found')
})

test('of more than a thousand open cursors, the one that was idle longest is forgotten', () => {
  const cursors = new Cursors()
  const ids = Array.from(
    { length: 1000 },
    () => cursors.start('d.c', [doc(), doc(), doc()], 1).cursor.id as Long,
  )
  cursors.next(ids[0] as Long, 'd.c', 1)
  cursors.start('d.c', [doc(), doc()], 1)
  expect(cursors.size).toBe(1000)
  expect(() => cursors.next(ids[1] as Long, 'd.c')).toThrow('not found')
  expect(cursors.next(ids[0] as Long, 'd.c').cursor.nextBatch).toHaveLength(1)
})
