import { expect, test } from 'vitest'
import { Decimal128, expectCode, Long, MinKey, Timestamp, useMongo } from './conformance/mongo-under-test.ts'

// What MongoDB does where simpler stand-ins for it do something else.
const mongo = useMongo()

test('strings are ordered by their UTF-8 bytes, not by UTF-16', async () => {
  expect(await mongo.find([{ a: '\uff5e' }, { a: '\u{1f600}' }], { a: { $gt: '\uffff' } })).toEqual([1])
})

test('Decimal128 is compared exactly', async () => {
  const [low, high] = [Decimal128.fromString('0.1'), Decimal128.fromString('0.10000000000000000001')]
  expect(await mongo.find([{ a: low }, { a: high }], { a: { $gt: low } })).toEqual([1])
  expect(await mongo.find([{ a: low }, { a: high }], { a: 0.1 })).toEqual([])
})

test('$ne takes no regular expression', async () => {
  await expectCode(mongo.collection.find({ a: { $ne: /x/ } }).toArray(), 2)
})

test('a regular expression that does not compile is 51091', async () => {
  await expectCode(mongo.collection.find({ a: { $regex: '(' } }).toArray(), 51091)
})

test('what PCRE and JavaScript read differently is refused, not misread', async () => {
  for (const pattern of ['\\Afoo', '(?i)foo', 'a++', '[[:alpha:]]', '\\Qa.b\\E']) {
    await expectCode(mongo.collection.find({ a: { $regex: pattern } }).toArray(), 238)
  }
})

test('a sort direction is 1 or -1', async () => {
  await expectCode(mongo.db.command({ find: mongo.collection.collectionName, sort: { a: 2 } }), 15975)
})

test('a transaction is refused', async () => {
  const session = mongo.client.startSession()
  session.startTransaction()
  await expect(mongo.collection.insertOne({ a: 1 }, { session })).rejects.toThrow(
    'does not support retryable writes',
  )
  await session.abortTransaction().catch(() => undefined)
  await session.endSession()
  expect(await mongo.collection.countDocuments()).toBe(0)
})

test('new fields appear in the order of their names', async () => {
  expect(Object.keys(await mongo.updated({ z: 1 }, { $set: { c: 1, a: 1 }, $inc: { b: 1 } }))).toEqual([
    'z',
    'a',
    'b',
    'c',
  ])
})

test('two arrays cannot be indexed together', async () => {
  await mongo.collection.createIndex({ a: 1, b: 1 })
  await expectCode(mongo.collection.insertOne({ a: [1, 2], b: [1, 2] }), 171)
})

test('$min and $max compare all types', async () => {
  await mongo.collection.insertMany([
    { a: Decimal128.fromString('2') },
    { a: 1 },
    { a: 'x' },
    { a: Long.fromNumber(3) },
  ])
  const [found] = await mongo.collection
    .aggregate([{ $group: { _id: null, min: { $min: '$a' }, max: { $max: '$a' } } }])
    .toArray()
  expect(found).toMatchObject({ min: 1, max: 'x' })
})

test('$count of nothing is no document', async () => {
  expect(await mongo.collection.aggregate([{ $count: 'n' }]).toArray()).toEqual([])
})

test('an inclusion in an exclusion is 31253', async () => {
  await expectCode(mongo.collection.findOne({}, { projection: { a: 0, b: 1 } }), 31253)
})

test('$inc past 64 bits is refused', async () => {
  await mongo.collection.insertOne({ a: Long.MAX_VALUE })
  await expectCode(mongo.collection.updateOne({}, { $inc: { a: 1 } }), 2)
})

test('filters and updates take __proto__ and names of Object.prototype as plain fields', async () => {
  await mongo.collection.insertOne(JSON.parse('{"__proto__":{"polluted":1},"a":{"__proto__":4}}'))
  expect(await mongo.collection.countDocuments(JSON.parse('{"__proto__.polluted":1}'))).toBe(1)
  expect(await mongo.collection.countDocuments(JSON.parse('{"__proto__":{"polluted":2}}'))).toBe(0)
  expect(await mongo.collection.countDocuments({ hasOwnProperty: { $exists: true } })).toBe(0)
  expect(await mongo.collection.countDocuments({ valueOf: null })).toBe(1)
  await mongo.collection.updateOne({}, { $set: { 'a.__proto__': 5, '__proto__.b': 6 } })
  expect(JSON.stringify(await mongo.collection.findOne({}, { projection: { _id: 0 } }))).toBe(
    '{"__proto__":{"polluted":1,"b":6},"a":{"__proto__":5}}',
  )
  expect(Object.keys(Object.prototype)).toEqual([])
})

test('an index of a known name with another key, filter or uniqueness is 86, with another expiry 85', async () => {
  await mongo.collection.createIndex({ a: 1 }, { expireAfterSeconds: 5 })
  await expectCode(mongo.collection.createIndex({ a: 1 }, { expireAfterSeconds: 5, unique: true }), 86)
  await expectCode(mongo.collection.createIndex({ a: 1 }, { expireAfterSeconds: 9 }), 85)
  await expectCode(mongo.collection.createIndex({ a: 1 }, { name: 'other', expireAfterSeconds: 5 }), 85)
  await mongo.collection.createIndex({ a: 1 }, { name: 'second', unique: true })
  expect(await mongo.collection.indexes()).toHaveLength(3)
})

test('a timestamp is no number', async () => {
  const at = (t: number) => new Timestamp({ t, i: 1 })
  expect(await mongo.find([{ a: at(3) }, { a: 5 }], { a: { $mod: [1, 0] } })).toEqual([1])
  expect(await mongo.find([{ a: at(3) }, { a: at(5) }], { a: { $gt: at(4) } })).toEqual([1])
  await mongo.find([{ a: at(1) }, { a: new Date(0) }, { a: 2 ** 60 }], {})
  const sorted = await mongo.collection.find().sort({ a: 1 }).toArray()
  expect(sorted.map(({ _id }) => _id as unknown)).toEqual([2, 1, 0])
  await expectCode(mongo.updated({ a: at(1) }, { $inc: { a: 1 } }), 14)
})

test('an index takes no two arrays, be they ever so short, and pairs no fields of one array', async () => {
  await mongo.collection.createIndex({ a: 1, b: 1 })
  await expectCode(mongo.collection.insertOne({ a: [1], b: [] }), 171)
  await mongo.collection.createIndex({ 'c.x': 1, 'c.y': 1 })
  await mongo.collection.insertOne({ c: [{ x: 1, y: 2 }] })
  await expectCode(
    mongo.collection.insertOne({
      c: [
        { x: 1, y: 2 },
        { x: 3, y: 4 },
      ],
    }),
    238,
  )
})

test('an upsert starts from the one value of $in and of $all', async () => {
  await mongo.collection.updateOne(
    { _id: 1 as never, a: { $in: [2] }, b: { $all: [[3]] }, c: { $in: [4, 5] }, d: { $in: [/x/] } },
    { $set: { e: 6 } },
    { upsert: true },
  )
  expect(await mongo.collection.findOne()).toEqual({ _id: 1, a: 2, b: [3], e: 6 })
})

test('$elemMatch sees a nested array as a document of positions', async () => {
  const documents = [{ a: [[1, 2]] }, { a: [[3]] }, { a: [1] }]
  expect(await mongo.find(documents, { a: { $elemMatch: { 0: 1 } } })).toEqual([0])
  expect(await mongo.find(documents, { a: { $elemMatch: { $gt: 0 } } })).toEqual([2])
})

test('every missing field is above MinKey', async () => {
  expect(await mongo.find([{ a: 1 }, {}], { a: { $gt: new MinKey() } })).toEqual([0, 1])
})

test('$currentDate takes true or a $type, nothing else', async () => {
  for (const a of ['date', { $type: 'date', x: 1 }])
    await expectCode(mongo.updated({}, { $currentDate: { a } }), 2)
})

test('the order on the disk cannot be asked for', async () => {
  await expectCode(mongo.collection.find().sort({ $natural: -1 }).toArray(), 238)
})
