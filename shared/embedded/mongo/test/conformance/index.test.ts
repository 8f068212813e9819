import { describe, expect, test } from 'vitest'
import { expectCode, type Fields, useMongo } from './mongo-under-test.ts'

const mongo = useMongo()

describe('a unique index', () => {
  test('refuses a second document with the same key', async () => {
    await mongo.collection.createIndex({ a: 1, b: -1 }, { unique: true })
    await mongo.collection.insertMany([
      { a: 1, b: 1 },
      { a: 1, b: 2 },
    ])
    await expectCode(mongo.collection.insertOne({ a: 1, b: 2 }), 11000, {
      keyPattern: { a: 1, b: -1 },
      keyValue: { a: 1, b: 2 },
    })
    await expectCode(mongo.collection.updateOne({ b: 1 }, { $set: { b: 2 } }), 11000)
    expect(await mongo.collection.countDocuments()).toBe(2)
  })

  test('counts a missing field as null', async () => {
    await mongo.collection.createIndex({ a: 1 }, { unique: true })
    await mongo.collection.insertOne({ b: 1 })
    await expectCode(mongo.collection.insertOne({ a: null }), 11000)
  })

  test('counts 1 and 1.0 as one key, 1 and "1" as two', async () => {
    await mongo.collection.createIndex({ a: 1 }, { unique: true })
    await mongo.collection.insertMany([{ a: 1 }, { a: '1' }])
    await expectCode(mongo.collection.insertOne({ a: 1.0 }), 11000)
  })

  test('counts every element of an array, but not twice within one document', async () => {
    await mongo.collection.createIndex({ a: 1 }, { unique: true })
    await mongo.collection.insertOne({ a: [1, 1, 2] })
    await expectCode(mongo.collection.insertOne({ a: [2, 3] }), 11000)
  })

  test('frees the key of a document that moved away or was deleted', async () => {
    await mongo.collection.createIndex({ a: 1 }, { unique: true })
    await mongo.collection.insertMany([{ a: 1 }, { a: 2 }])
    await mongo.collection.updateOne({ a: 1 }, { $set: { a: 3 } })
    await mongo.collection.insertOne({ a: 1 })
    await mongo.collection.deleteOne({ a: 2 })
    await mongo.collection.insertOne({ a: 2 })
    expect(await mongo.collection.countDocuments()).toBe(3)
  })

  test('cannot be built over duplicates', async () => {
    await mongo.collection.insertMany([{ a: 1 }, { a: 1 }])
    await expectCode(mongo.collection.createIndex({ a: 1 }, { unique: true }), 11000, {
      keyPattern: { a: 1 },
    })
    expect(await mongo.collection.indexes()).toHaveLength(1)
  })

  test('that is sparse ignores documents without the field', async () => {
    await mongo.collection.createIndex({ 'a.b': 1 }, { unique: true, sparse: true })
    await mongo.collection.insertMany([{}, {}, { a: { b: 1 } }])
    await expectCode(mongo.collection.insertOne({ a: { b: 1 } }), 11000)
    expect(await mongo.collection.countDocuments({ 'a.b': null })).toBe(2)
    expect(await mongo.collection.find().sort({ 'a.b': 1 }).toArray()).toHaveLength(3)
  })

  test('that is partial holds for the documents of its filter only', async () => {
    await mongo.collection.createIndex(
      { email: 1 },
      { unique: true, partialFilterExpression: { email: { $type: 'string' } } },
    )
    await mongo.collection.insertMany([{ email: null }, { email: null }, {}, { email: 'a' }])
    await expectCode(mongo.collection.insertOne({ email: 'a' }), 11000)
    expect(await mongo.collection.countDocuments({ email: 'a' })).toBe(1)
    expect(await mongo.collection.countDocuments({ email: null })).toBe(3)
    expect(await mongo.collection.find().sort({ email: 1 }).toArray()).toHaveLength(4)
    await mongo.collection.updateOne({ email: 'a' }, { $set: { email: null } })
    await mongo.collection.insertOne({ email: 'a' })
    expect(await mongo.collection.countDocuments({ email: { $gte: 'a' } })).toBe(1)
  })
})

test('a partial index on another field finds all that a query asks for', async () => {
  await mongo.collection.createIndex({ due: 1 }, { partialFilterExpression: { open: true } })
  await mongo.collection.insertMany([
    { due: 1, open: true },
    { due: 2, open: false },
    { due: 3, open: true },
  ])
  const dues = async (filter: Fields) =>
    (await mongo.collection.find(filter).sort({ due: 1 }).toArray()).map(({ due }) => due)
  expect(await dues({ due: { $gte: 1 } })).toEqual([1, 2, 3])
  expect(await dues({ due: { $gte: 1 }, open: true })).toEqual([1, 3])
  expect(await dues({})).toEqual([1, 2, 3])
})

describe('listIndexes and dropIndexes', () => {
  test('describe the indexes as they were made', async () => {
    await mongo.collection.createIndex({ a: 1, b: -1 }, { unique: true })
    await mongo.collection.createIndex({ at: 1 }, { expireAfterSeconds: 60, name: 'gone' })
    expect(await mongo.collection.indexes()).toEqual([
      { v: 2, key: { _id: 1 }, name: '_id_' },
      { v: 2, key: { a: 1, b: -1 }, name: 'a_1_b_-1', unique: true },
      { v: 2, key: { at: 1 }, name: 'gone', expireAfterSeconds: 60 },
    ])
  })

  test('drop by name, by key, or all but _id', async () => {
    for (const key of ['a', 'b', 'c', 'd']) await mongo.collection.createIndex({ [key]: 1 })
    await mongo.collection.dropIndex('a_1')
    await mongo.db.command({ dropIndexes: mongo.collection.collectionName, index: { b: 1 } })
    expect((await mongo.collection.indexes()).map(({ name }) => name)).toEqual(['_id_', 'c_1', 'd_1'])
    await mongo.collection.dropIndexes()
    expect(await mongo.collection.indexes()).toHaveLength(1)
    await expectCode(mongo.collection.dropIndex('a_1'), 27)
    await expectCode(mongo.collection.dropIndex('_id_'), 72)
  })

  test('of a collection that is not there is 26', async () => {
    await expectCode(mongo.collection.indexes(), 26)
  })
})

describe('createIndexes', () => {
  test('of an index that is there does nothing', async () => {
    await mongo.collection.createIndex({ a: 1 }, { unique: true })
    await mongo.collection.createIndex({ a: 1 }, { unique: true })
    expect(await mongo.collection.indexes()).toHaveLength(2)
  })

  test('with a known name and another key is 86', async () => {
    await mongo.collection.createIndex({ a: 1 }, { name: 'n' })
    await expectCode(mongo.collection.createIndex({ b: 1 }, { name: 'n' }), 86)
  })

  test('without fields is 67', async () => {
    await mongo.collection.insertOne({})
    await expectCode(
      mongo.db.command({ createIndexes: mongo.collection.collectionName, indexes: [{ key: {}, name: 'x' }] }),
      67,
    )
  })
})
