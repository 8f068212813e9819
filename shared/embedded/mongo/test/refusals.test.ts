import { expect, test } from 'vitest'
import { expectCode, type Fields, useMongo } from './conformance/mongo-under-test.ts'

// What MongoDB can do and this server cannot, or what it has never heard of: refused with a code, wherever it stands.
const mongo = useMongo()

const find: Fields[] = [
  { collation: { locale: 'en' } },
  { hint: { a: 1 } },
  { let: { a: 1 } },
  { min: { a: 1 } },
  { tailable: true },
  { returnKey: true },
  { projection: { a: { $slice: 1 } } },
  { projection: { 'a.$': 1 } },
  { projection: { a: '$b' } },
  { filter: { $where: '1' } },
  { filter: { $or: [{ a: 1 }, { $and: [{ $where: '1' }] }] } },
  { filter: { $text: { $search: 'a' } } },
  { filter: { $jsonSchema: {} } },
]
const update: Fields[] = [
  { u: { $set: { 'a.$': 1 } } },
  { u: { $set: { 'a.$[]': 1 } } },
  { u: { $set: { 'a.$[x]': 1 } }, arrayFilters: [{ x: 1 }] },
  { u: { $pop: { a: 1 } } },
  { u: { $pullAll: { a: [1] } } },
  { u: { $mul: { a: 2 } } },
  { u: { $rename: { a: 'b' } } },
  { u: [{ $set: { a: 1 } }] },
  { u: { $set: { a: 1 } }, collation: { locale: 'en' } },
  { u: { $set: { a: 1 } }, hint: 'a_1' },
]
const index: Fields[] = [
  { key: { a: 'text' } },
  { key: { a: 'hashed' } },
  { key: { 'a.$**': 1 } },
  { key: { a: 1 }, collation: { locale: 'en' } },
  { key: { a: 1 }, hidden: true },
]
const pipelines: [stage: Fields, code: number][] = [
  [{ $lookup: { from: 'b', localField: 'a', foreignField: 'a', as: 'b' } }, 40324],
  [{ $out: 'b' }, 40324],
  [{ $changeStream: {} }, 40324],
  [{ $group: { _id: null, a: { $stdDevPop: '$a' } } }, 15952],
  [{ $project: { a: { $cond: [1, { $dateToString: { date: '$a' } }, 2] } } }, 168],
]

test.each(find)('find refuses %j', async (options) => {
  await mongo.collection.insertOne({ a: [1] })
  await expectCode(mongo.db.command({ find: mongo.collection.collectionName, ...options }), 238)
})

test.each(update)('update refuses %j, and changes nothing', async (statement) => {
  await mongo.collection.insertOne({ _id: 1 as never, a: [1] })
  const { collectionName } = mongo.collection
  const reply = mongo.db.command({ update: collectionName, updates: [{ q: {}, ...statement }] })
  expect(await reply).toMatchObject({ n: 0, writeErrors: [{ index: 0, code: 238 }] })
  expect(await mongo.collection.findOne()).toEqual({ _id: 1, a: [1] })
})

test.each(index)('createIndexes refuses %j', async (spec) => {
  const { collectionName } = mongo.collection
  const command = { createIndexes: collectionName, indexes: [{ name: 'x', ...spec }] }
  await expectCode(mongo.db.command(command), 238)
})

test.each(pipelines)('aggregate refuses %j with %i', async (stage, code) => {
  await mongo.collection.insertOne({ a: 1 })
  await expectCode(mongo.collection.aggregate([stage]).toArray(), code)
})

test('an unknown option is 40415, an option of create that is not covered 238', async () => {
  await expectCode(mongo.db.command({ find: 'c', foo: 1 }), 40415)
  await expectCode(mongo.db.command({ create: 'c', capped: true, size: 1000 }), 238)
  await expectCode(mongo.db.command({ create: 'c', validator: { a: 1 } }), 238)
})

test('explain and renaming are commands that it does not know', async () => {
  await expectCode(mongo.collection.find().explain(), 59)
  await expectCode(mongo.db.admin().command({ renameCollection: 'd.a', to: 'd.b' }), 59)
})
