import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startCommand, startProgram } from '@levels/shared/testing/process.ts'
import mongoose from 'mongoose'
import { expect, test } from 'vitest'
import { startEmbeddedMongo } from '../src/index.ts'
import { connect, serve, useFolder } from './support/folder.ts'

const folder = useFolder()

test('killed in the middle of writes, compactions and all, it has every acknowledged write, and none in part', async () => {
  const inserted = new Set<string>()
  let [increments, attempts, compactions] = [0, 0, 0]
  for (let round = 0; round < 6; round++) {
    // Compacted all the time: most kills come in the middle of it.
    const program = startProgram([serve, folder.path, '50000'])
    const client = await connect(program)
    const db = client.db('d')
    const identity = () => statSync(join(folder.path, 'mongo.log')).ino
    let [killed, last] = [false, identity()]
    const writer = async (worker: number) => {
      for (let i = 0; !killed; i++) {
        const key = `${round}-${worker}-${i}`
        // One command, one frame: all three or none.
        await db
          .collection<{ _id: string }>('triples')
          .insertMany(['a', 'b', 'c'].map((part) => ({ _id: key + part, key, text: key.repeat(50) })))
        inserted.add(key)
        attempts++
        await db.collection('pairs').updateOne({ k: 1 }, { $inc: { a: 1, b: 1 } }, { upsert: true })
        increments++
        const now = identity()
        if (now !== last) compactions++
        last = now
      }
    }
    const writers = Array.from({ length: 8 }, (_, worker) => writer(worker).catch(() => undefined))
    const enough = inserted.size + 100 + round * 20
    await expect.poll(() => inserted.size, { timeout: 30_000 }).toBeGreaterThan(enough)
    program.kill('SIGKILL')
    await program.exit
    killed = true
    await client.close(true)
    await Promise.all(writers)
  }
  expect(compactions).toBeGreaterThan(0)
  await folder.reopen(async (db) => {
    const parts = await db.collection('triples').find().toArray()
    const keys = new Map<string, number>()
    for (const { key, text } of parts) {
      expect(text).toBe(key.repeat(50))
      keys.set(key, (keys.get(key) ?? 0) + 1)
    }
    expect([...inserted].filter((key) => !keys.has(key))).toEqual([])
    expect([...keys].filter(([, count]) => count !== 3)).toEqual([])
    const [pair] = await db.collection('pairs').find().toArray()
    expect(pair?.a).toBe(pair?.b)
    expect(pair?.a).toBeGreaterThanOrEqual(increments)
    expect(pair?.a).toBeLessThanOrEqual(attempts)
  })
  expect(readdirSync(folder.path)).toEqual(['mongo.log'])
}, 120_000)

// A limit on the size of files is a full disk that any user can make: writes beyond it fail (EFBIG).
const onFullDisk = (blocks: number) =>
  startCommand('sh', [
    '-c',
    `ulimit -S -f ${blocks}; exec "$0" "$@"`,
    process.execPath,
    '--import',
    'tsx',
    serve,
    folder.path,
  ])

test.runIf(process.platform === 'linux')(
  'while the disk is full writes are refused, reads go on, and with room again it writes again',
  async () => {
    const program = onFullDisk(4000)
    const client = await connect(program)
    const collection = client.db('d').collection<{ _id: number }>('c')
    await collection.createIndex({ n: 1 }, { unique: true })
    const acknowledged: number[] = []
    const write = async (from: number, to: number) => {
      for (let _id = from; _id < to; _id++) {
        await collection.insertOne({ _id, n: _id, text: 'x'.repeat(100_000) } as never)
        acknowledged.push(_id)
      }
    }
    const ids = async () => (await collection.find().project({ _id: 1 }).toArray()).map(({ _id }) => _id)
    const refused = { code: 14031, codeName: 'OutOfDiskSpace' }
    await expect(write(0, 100)).rejects.toMatchObject(refused)
    expect(acknowledged.length).toBeGreaterThan(5)
    const long = { $set: { text: 'y'.repeat(100_000) } }
    await expect(collection.updateMany({}, long)).rejects.toMatchObject(refused)
    expect(await ids()).toEqual(acknowledged)
    expect(await collection.countDocuments({ text: /^y/ })).toBe(0)
    await program.printed(/refuses writes: its log in .* cannot be written \(EFBIG/)

    await startCommand('prlimit', ['--pid', String(program.pid), '--fsize=unlimited:']).exit
    await write(100, 110)
    await program.printed(/writes again/)
    expect(program.stdout().match(/refuses writes/g)).toHaveLength(1)
    program.kill('SIGKILL')
    await program.exit
    await client.close(true)
    const found = await folder.reopen((db) => db.collection('c').find().project({ _id: 1 }).toArray())
    expect(found.map(({ _id }) => _id)).toEqual(acknowledged)
  },
)

test('a start that finds no room for its lock ends in one line, and leaves nothing behind', async () => {
  const program = onFullDisk(0)
  expect((await program.exit).code).toBe(1)
  expect(program.stdout()).toMatch(/^The data directory .* cannot be used: EFBIG[^\n]*\n$/)
  expect(readdirSync(folder.path)).toEqual([])
})

test('its log stays short, however often the same is written', async () => {
  const mongo = await startEmbeddedMongo({ dir: folder.path, compactAboveBytes: 100_000 })
  const client = await mongoose.mongo.MongoClient.connect(mongo.uri)
  const collection = client.db('d').collection('c')
  const size = () => statSync(join(folder.path, 'mongo.log')).size
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 20; i++)
      await collection.updateOne(
        { k: 1 },
        { $set: { text: String(i % 10).repeat(50_000) } },
        { upsert: true },
      )
    await expect.poll(size).toBeLessThan(150_000)
  }
  await client.close()
  await mongo.close()
  const text = await folder.reopen(async (db) => (await db.collection('c').findOne())?.text)
  expect(text).toBe('9'.repeat(50_000))
})

test('collections, indexes and documents of all types are there after a restart', async () => {
  const { Binary, Decimal128, Double, Long, ObjectId, Timestamp } = mongoose.mongo
  const document = {
    _id: new ObjectId(),
    long: Long.fromString('9007199254740993'),
    decimal: Decimal128.fromString('1.10'),
    double: new Double(5),
    binary: new Binary(Buffer.from('x'), 128),
    date: new Date(5),
    time: new Timestamp({ t: 1, i: 2 }),
    regex: /x/i,
    none: null,
    nested: [{ a: [] }, {}],
  }
  const options = { promoteValues: false, bsonRegExp: true }
  const before = await folder.reopen(async (db) => {
    await db.createCollection('empty')
    await db
      .collection('c')
      .createIndex({ 'nested.a': 1 }, { unique: true, partialFilterExpression: { long: { $exists: true } } })
    await db.collection('c').createIndex({ date: 1 }, { expireAfterSeconds: 1e9 })
    await db.collection('c').insertMany([document, { _id: 'gone' as never }])
    await db.collection('c').deleteOne({ _id: 'gone' as never })
    await db.collection('dropped').insertOne({})
    await db.collection('dropped').drop()
    return {
      documents: await db.collection('c').find({}, options).toArray(),
      indexes: await db.collection('c').indexes(),
    }
  })
  for (let restart = 0; restart < 2; restart++) {
    await folder.reopen(async (db) => {
      expect(await db.collection('c').find({}, options).toArray()).toEqual(before.documents)
      expect(await db.collection('c').indexes()).toEqual(before.indexes)
      const names = (await db.listCollections().toArray()).map(({ name }) => name)
      expect(names).toEqual(['empty', 'c'])
      const again = db.collection('c').insertOne({ long: 1, nested: [{ a: [] }] })
      await expect(again).rejects.toMatchObject({ code: 11000 })
    })
  }
})

test('a write with j: true is acknowledged', async () => {
  await folder.reopen(async (db) => {
    await db.collection('c').insertOne({ a: 1 }, { writeConcern: { w: 1, journal: true } })
    expect(await db.collection('c').countDocuments()).toBe(1)
  })
})

test('a damaged log is said in the notice, and kept aside', async () => {
  await folder.reopen((db) => db.collection('c').insertMany([{ a: 1 }, { a: 2 }]))
  await folder.reopen((db) => db.collection('c').insertOne({ a: 3 }))
  const log = join(folder.path, 'mongo.log')
  const torn = readFileSync(log).subarray(0, -5)
  writeFileSync(log, torn)
  const damaged = await startEmbeddedMongo({ dir: folder.path })
  await damaged.close()
  expect(damaged.notice).toMatch(/the last \d+ bytes of its log were torn or damaged/)
  expect(readFileSync(`${log}.damaged`)).toEqual(torn)
  const again = await startEmbeddedMongo({ dir: folder.path })
  await again.close()
  expect(again.notice).not.toContain('damaged')
})

test('a document that could not be read again from the log is refused', async () => {
  const nested = (levels: number) => {
    let value: unknown = 1
    for (let i = 0; i < levels; i++) value = i % 2 ? { a: value } : [value]
    return value
  }
  await folder.reopen(async (db) => {
    await db.collection('c').insertOne({ _id: 1 as never, a: nested(150) })
    await expect(db.collection('c').insertOne({ a: nested(250) })).rejects.toMatchObject({ code: 15 })
    const deeper = db
      .collection('c')
      .updateOne({}, { $set: { [Array(100).fill('b').join('.')]: nested(100) } })
    await expect(deeper).rejects.toMatchObject({ code: 15 })
  })
  expect(await folder.reopen((db) => db.collection('c').countDocuments())).toBe(1)
})
