import mongoose from 'mongoose'
import { describe, expect, test } from 'vitest'
import { expectCode, type Fields, useMongo } from './mongo-under-test.ts'

const mongo = useMongo()

describe('connecting', () => {
  test('says hello as a server that takes writes', async () => {
    const hello = await mongo.db.command({ hello: 1 })
    expect(hello).toMatchObject({
      ok: 1,
      isWritablePrimary: true,
      maxBsonObjectSize: 16777216,
      maxWireVersion: 21,
    })
    expect(hello.localTime).toBeInstanceOf(Date)
  })

  test('ping and buildInfo', async () => {
    expect(await mongo.db.command({ ping: 1 })).toMatchObject({ ok: 1 })
    expect((await mongo.db.admin().buildInfo()).version).toMatch(/^\d+\.\d+\.\d+/)
  })

  test('an unknown command is 59 CommandNotFound', async () => {
    await expectCode(mongo.db.command({ doSomething: 1 }), 59, { codeName: 'CommandNotFound' })
  })
})

describe('cursors', () => {
  const ids = (documents: Fields[]) => documents.map(({ _id }) => _id)

  test('deliver everything once, in batches', async () => {
    await mongo.collection.insertMany(Array.from({ length: 250 }, (_, _id) => ({ _id })) as never[])
    expect(ids(await mongo.collection.find().sort({ _id: 1 }).toArray())).toEqual(
      Array.from({ length: 250 }, (_, i) => i),
    )
    expect(await mongo.collection.find().batchSize(7).toArray()).toHaveLength(250)
    expect(await mongo.collection.find().batchSize(7).limit(20).toArray()).toHaveLength(20)
    expect(await mongo.collection.aggregate([{ $match: {} }], { batchSize: 10 }).toArray()).toHaveLength(250)
  })

  test('deliver documents larger than one reply', async () => {
    const text = 'x'.repeat(6_000_000)
    for (let _id = 0; _id < 4; _id++) await mongo.collection.insertOne({ _id, text } as never)
    expect(ids(await mongo.collection.find().sort({ _id: 1 }).toArray())).toEqual([0, 1, 2, 3])
  })

  test('that are closed, or unknown, are 43 CursorNotFound', async () => {
    await mongo.collection.insertMany(Array.from({ length: 5 }, () => ({})))
    const collection = mongo.collection.collectionName
    const { cursor } = await mongo.db.command({ find: collection, batchSize: 2 }, { promoteLongs: false })
    const next = { getMore: cursor.id, collection, batchSize: 2 }
    expect((await mongo.db.command(next)).cursor.nextBatch).toHaveLength(2)
    expect(await mongo.db.command({ killCursors: collection, cursors: [cursor.id] })).toMatchObject({ ok: 1 })
    await expectCode(mongo.db.command(next), 43, { codeName: 'CursorNotFound' })
  })

  test('stopping early leaves nothing behind', async () => {
    await mongo.collection.insertMany(Array.from({ length: 300 }, () => ({})))
    let seen = 0
    for await (const _ of mongo.collection.find().batchSize(10)) if (++seen === 25) break
    expect(seen).toBe(25)
  })
})

describe('projection', () => {
  const stored = { _id: 1, a: 1, b: { c: 2, d: [{ e: 3, f: 4 }, 5] }, g: null }
  const cases: [projection: Fields, found: Fields][] = [
    [{ a: 1 }, { _id: 1, a: 1 }],
    [{ a: 1, _id: 0 }, { a: 1 }],
    [{ a: 0 }, { _id: 1, b: stored.b, g: null }],
    [{ 'b.c': 1 }, { _id: 1, b: { c: 2 } }],
    [
      { 'b.d.e': 1, g: 1 },
      { _id: 1, b: { d: [{ e: 3 }] }, g: null },
    ],
    [
      { 'b.d.e': 0, a: 0 },
      { _id: 1, b: { c: 2, d: [{ f: 4 }, 5] }, g: null },
    ],
    [{ b: { c: 1 } }, { _id: 1, b: { c: 2 } }],
    [{ _id: 1 }, { _id: 1 }],
    [{ _id: 0 }, { a: 1, b: stored.b, g: null }],
    [{ nothing: 1 }, { _id: 1 }],
    [{}, stored],
  ]
  test.each(cases)('%j', async (projection, found) => {
    await mongo.collection.insertOne({ ...stored } as never)
    expect(await mongo.collection.findOne({}, { projection })).toEqual(found)
  })

  test('including and excluding together is refused', async () => {
    await mongo.collection.insertOne({ a: 1 })
    await expectCode(mongo.collection.findOne({}, { projection: { a: 1, b: 0 } }), 31254)
  })
})

describe('collections and databases', () => {
  test('are created, listed and dropped', async () => {
    const name = mongo.collection.collectionName
    await mongo.db.createCollection(name)
    expect(await mongo.db.listCollections({ name }).toArray()).toMatchObject([{ name, type: 'collection' }])
    expect(await mongo.db.listCollections({ name }, { nameOnly: true }).toArray()).toEqual([
      { name, type: 'collection' },
    ])
    await mongo.collection.drop()
    expect(await mongo.db.listCollections({ name }).toArray()).toEqual([])
  })

  test('a collection name with $ or empty is 73', async () => {
    await expectCode(mongo.db.command({ create: 'a$b' }), 73)
    await expectCode(mongo.db.command({ insert: '', documents: [{}] }), 73)
  })
})

test('an unacknowledged write is done without an answer', async () => {
  await mongo.collection.insertOne({ a: 1 }, { writeConcern: { w: 0 } })
  await expect.poll(() => mongo.collection.countDocuments({ a: 1 }), { timeout: 10_000 }).toBe(1)
})

test('mongoose runs unmodified: schemas, indexes, timestamps, populate, upserts', async () => {
  const connection = await mongoose.createConnection(mongo.uri, { dbName: mongo.name }).asPromise()
  try {
    const User = connection.model(
      'User',
      new mongoose.Schema({ name: { type: String, unique: true, required: true } }, { timestamps: true }),
    )
    const Note = connection.model(
      'Note',
      new mongoose.Schema({
        owner: { type: mongoose.Schema.Types.ObjectId, ref: 'User' },
        seq: Number,
        tags: [String],
        meta: { type: Map, of: Number },
      }).index({ owner: 1, seq: 1 }, { unique: true }),
    )
    await Promise.all([User.init(), Note.init()])
    const ann = await User.create({ name: 'ann' })
    await Note.create([
      { owner: ann._id, seq: 1, tags: ['a'], meta: new Map([['x', 1]]) },
      { owner: ann._id, seq: 2 },
    ])
    await expectCode(Note.create({ owner: ann._id, seq: 2 }), 11000)
    const note = await Note.findOne({ seq: 1 }).populate<{ owner: { name: string } }>('owner')
    expect(note?.owner.name).toBe('ann')
    note?.tags.push('b')
    await note?.save()
    expect((await Note.findOne({ tags: 'b' }).lean())?.tags).toEqual(['a', 'b'])
    expect(await Note.exists({ owner: ann._id, seq: 2 })).toBeTruthy()
    expect(await Note.countDocuments({ owner: ann._id })).toBe(2)
    const upserted = await User.findOneAndUpdate(
      { name: 'bob' },
      {},
      { upsert: true, returnDocument: 'after' },
    )
    expect(upserted?.createdAt).toBeInstanceOf(Date)
    await User.bulkWrite([{ updateOne: { filter: { name: 'ann' }, update: { $set: { name: 'anna' } } } }])
    expect((await User.find().sort('name')).map(({ name }) => name)).toEqual(['anna', 'bob'])
  } finally {
    await connection.close()
  }
})
