import { describe, expect, test } from 'vitest'
import { expectCode, type Fields, ObjectId, useMongo } from './mongo-under-test.ts'

const mongo = useMongo()

const failure = (action: Promise<unknown>) =>
  action.then(
    () => expect.fail('expected an error'),
    (error) => error,
  )

describe('insert', () => {
  test('gives an ObjectId and puts _id first', async () => {
    await mongo.db.command({
      insert: mongo.collection.collectionName,
      documents: [{ a: 1, _id: 7 }, { b: 1 }],
    })
    const [first, second] = await mongo.collection.find().toArray()
    expect(Object.keys(first ?? {})).toEqual(['_id', 'a'])
    expect(second?._id).toBeInstanceOf(ObjectId)
  })

  test('of a taken _id is 11000, with the key in the error', async () => {
    await mongo.collection.insertOne({ _id: 'x' } as never)
    const error = await failure(mongo.collection.insertOne({ _id: 'x' } as never))
    expect(error).toMatchObject({ code: 11000, keyPattern: { _id: 1 }, keyValue: { _id: 'x' } })
    expect(error.message).toContain('E11000 duplicate key error collection')
  })

  test('ordered stops at the first error, unordered goes on', async () => {
    const documents = () => [{ _id: 1 }, { _id: 1 }, { _id: 2 }, { _id: 2 }] as never[]
    const ordered = await failure(mongo.collection.insertMany(documents()))
    expect(ordered).toMatchObject({ code: 11000, writeErrors: [{ index: 1 }], result: { insertedCount: 1 } })
    expect(await mongo.collection.countDocuments()).toBe(1)
    await mongo.collection.deleteMany({})
    const unordered = await failure(mongo.collection.insertMany(documents(), { ordered: false }))
    expect(unordered).toMatchObject({
      code: 11000,
      writeErrors: [{ index: 1 }, { index: 3 }],
      result: { insertedCount: 2 },
    })
    expect(await mongo.collection.countDocuments()).toBe(2)
  })

  test('of a document over 16 MB is 10334 or 2, and stores nothing', async () => {
    const error = await failure(mongo.collection.insertOne({ a: 'x'.repeat(16 * 1024 * 1024) }))
    expect([2, 10334]).toContain(error.code)
    expect(await mongo.collection.countDocuments()).toBe(0)
  })

  test('of an array as _id is refused', async () => {
    await expectCode(mongo.collection.insertOne({ _id: [1] } as never), 2)
  })

  test('keeps every field name, __proto__ and constructor too', async () => {
    const text = '{"__proto__":{"polluted":1},"constructor":{"prototype":2},"toString":3,"a":{"__proto__":4}}'
    await mongo.collection.insertOne(JSON.parse(text))
    const found = await mongo.collection.findOne({}, { projection: { _id: 0 } })
    expect(JSON.stringify(found)).toBe(text)
    expect(({} as Fields).polluted).toBeUndefined()
  })
})

describe('delete', () => {
  test('one, or all that match', async () => {
    await mongo.collection.insertMany([{ a: 1 }, { a: 1 }, { a: 2 }])
    expect(await mongo.collection.deleteOne({ a: 1 })).toMatchObject({ deletedCount: 1 })
    expect(await mongo.collection.deleteMany({ a: { $gt: 0 } })).toMatchObject({ deletedCount: 2 })
    expect(await mongo.collection.deleteMany({})).toMatchObject({ deletedCount: 0 })
  })
})

describe('bulkWrite', () => {
  test('does inserts, updates and deletes in order', async () => {
    const result = await mongo.collection.bulkWrite([
      { insertOne: { document: { a: 1 } } },
      { insertOne: { document: { a: 2 } } },
      { updateOne: { filter: { a: 1 }, update: { $set: { b: 1 } } } },
      { updateMany: { filter: {}, update: { $inc: { a: 10 } } } },
      { replaceOne: { filter: { a: 12 }, replacement: { r: 1 } } },
      { updateOne: { filter: { a: 99 }, update: { $set: { u: 1 } }, upsert: true } },
      { deleteOne: { filter: { a: 11 } } },
    ])
    expect(result).toMatchObject({
      insertedCount: 2,
      matchedCount: 4,
      modifiedCount: 4,
      upsertedCount: 1,
      deletedCount: 1,
    })
    expect(await mongo.collection.find({}, { projection: { _id: 0 } }).toArray()).toEqual([
      { r: 1 },
      { a: 99, u: 1 },
    ])
  })

  test('unordered reports each failed operation by its index', async () => {
    await mongo.collection.createIndex({ k: 1 }, { unique: true })
    const error = await failure(
      mongo.collection.bulkWrite(
        [
          { insertOne: { document: { k: 1 } } },
          { insertOne: { document: { k: 1 } } },
          { insertOne: { document: { k: 2 } } },
        ],
        { ordered: false },
      ),
    )
    expect(error).toMatchObject({ code: 11000, writeErrors: [{ index: 1 }] })
    expect(await mongo.collection.countDocuments()).toBe(2)
  })
})

describe('findAndModify', () => {
  test('returns the document before, or after', async () => {
    await mongo.collection.insertOne({ _id: 1, n: 1 } as never)
    expect(await mongo.collection.findOneAndUpdate({}, { $inc: { n: 1 } })).toEqual({ _id: 1, n: 1 })
    expect(
      await mongo.collection.findOneAndUpdate({}, { $inc: { n: 1 } }, { returnDocument: 'after' }),
    ).toEqual({ _id: 1, n: 3 })
    expect(await mongo.collection.findOneAndReplace({}, { x: 1 }, { returnDocument: 'after' })).toEqual({
      _id: 1,
      x: 1,
    })
    expect(await mongo.collection.findOneAndDelete({})).toEqual({ _id: 1, x: 1 })
    expect(await mongo.collection.findOneAndUpdate({}, { $inc: { n: 1 } })).toBeNull()
  })

  test('takes the first by sort, and returns the projected fields', async () => {
    await mongo.collection.insertMany([
      { n: 1, a: 'x' },
      { n: 3, a: 'y' },
      { n: 2, a: 'z' },
    ])
    const options = { sort: { n: -1 as const }, projection: { _id: 0, a: 1 } }
    expect(await mongo.collection.findOneAndUpdate({}, { $set: { seen: true } }, options)).toEqual({ a: 'y' })
    expect(await mongo.collection.findOne({ seen: true })).toMatchObject({ n: 3 })
  })

  test('upserts, and says so', async () => {
    const options = { upsert: true, returnDocument: 'after' as const, includeResultMetadata: true as const }
    const result = await mongo.collection.findOneAndUpdate({ k: 1 }, { $inc: { n: 1 } }, options)
    expect(result.value).toMatchObject({ k: 1, n: 1 })
    expect(result.lastErrorObject).toEqual({ n: 1, updatedExisting: false, upserted: result.value?._id })
    const again = await mongo.collection.findOneAndUpdate({ k: 1 }, { $inc: { n: 1 } }, options)
    expect(again.lastErrorObject).toEqual({ n: 1, updatedExisting: true })
    expect(again.value).toMatchObject({ k: 1, n: 2 })
    expect(await mongo.collection.findOneAndUpdate({ k: 2 }, { $inc: { n: 1 } }, { upsert: true })).toBeNull()
  })

  test('that would break a unique index is 11000 and changes nothing', async () => {
    await mongo.collection.createIndex({ k: 1 }, { unique: true })
    await mongo.collection.insertMany([{ k: 1 }, { k: 2 }])
    const change = mongo.collection.findOneAndUpdate({ k: 2 }, { $set: { k: 1, touched: true } })
    await expectCode(change, 11000, { keyPattern: { k: 1 }, keyValue: { k: 1 } })
    expect(await mongo.collection.countDocuments({ touched: true })).toBe(0)
  })
})

test('20 parallel upserts of one key leave one document', async () => {
  await mongo.collection.createIndex({ k: 1 }, { unique: true })
  const upsert = () => mongo.collection.updateOne({ k: 1 }, { $inc: { n: 1 } }, { upsert: true })
  const results = await Promise.allSettled(Array.from({ length: 20 }, upsert))
  const done = results.filter(({ status }) => status === 'fulfilled').length
  expect(await mongo.collection.find({}, { projection: { _id: 0 } }).toArray()).toEqual([{ k: 1, n: done }])
})
