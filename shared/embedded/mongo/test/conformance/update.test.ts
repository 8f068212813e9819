import { describe, expect, test } from 'vitest'
import {
  Decimal128,
  Double,
  expectCode,
  type Fields,
  Long,
  ObjectId,
  Timestamp,
  useMongo,
} from './mongo-under-test.ts'

const mongo = useMongo()

const cases: [what: string, before: Fields, update: Fields, after: Fields][] = [
  ['$set', { a: 1 }, { $set: { a: 2, b: 3 } }, { a: 2, b: 3 }],
  ['$set makes the documents of a path', {}, { $set: { 'a.b.c': 1 } }, { a: { b: { c: 1 } } }],
  ['$set at a position', { a: [1, 2] }, { $set: { 'a.1': 9 } }, { a: [1, 9] }],
  ['$set past the end fills with null', { a: [1] }, { $set: { 'a.3': 9 } }, { a: [1, null, null, 9] }],
  [
    '$set inside an element',
    { a: [{ b: 1 }, { b: 2 }] },
    { $set: { 'a.1.b': 9 } },
    { a: [{ b: 1 }, { b: 9 }] },
  ],
  ['$setOnInsert changes nothing that is there', { a: 1 }, { $setOnInsert: { a: 2, b: 3 } }, { a: 1 }],
  ['$unset', { a: 1, b: { c: 1, d: 2 } }, { $unset: { a: '', 'b.c': '', 'x.y': '' } }, { b: { d: 2 } }],
  ['$unset of an element leaves null', { a: [1, 2] }, { $unset: { 'a.0': '' } }, { a: [null, 2] }],
  ['$inc', { a: 1, b: { c: 1.5 } }, { $inc: { a: 2, 'b.c': -1, d: 7 } }, { a: 3, b: { c: 0.5 }, d: 7 }],
  [
    '$min and $max',
    { a: 5, b: 5 },
    { $min: { a: 3, c: 1 }, $max: { b: 3, d: 1 } },
    { a: 3, b: 5, c: 1, d: 1 },
  ],
  [
    '$min and $max across types',
    { a: 5, b: 'x' },
    { $min: { a: 'x' }, $max: { b: new Date(0) } },
    { a: 5, b: new Date(0) },
  ],
  ['$push', { a: [1] }, { $push: { a: 2, b: 1 } }, { a: [1, 2], b: [1] }],
  ['$push of an array is one element', { a: [1] }, { $push: { a: [2, 3] } }, { a: [1, [2, 3]] }],
  ['$push $each', { a: [1] }, { $push: { a: { $each: [2, 3] } } }, { a: [1, 2, 3] }],
  ['$push $each $slice', { a: [1, 2] }, { $push: { a: { $each: [3, 4], $slice: -3 } } }, { a: [2, 3, 4] }],
  [
    '$push $each $slice from the front',
    { a: [1, 2] },
    { $push: { a: { $each: [3], $slice: 2 } } },
    { a: [1, 2] },
  ],
  [
    '$push $each $position',
    { a: [1, 2] },
    { $push: { a: { $each: [8, 9], $position: 1 } } },
    { a: [1, 8, 9, 2] },
  ],
  ['$push $each $sort', { a: [3, 1] }, { $push: { a: { $each: [2], $sort: -1 } } }, { a: [3, 2, 1] }],
  [
    '$push $each $sort by a field',
    { a: [{ n: 2 }] },
    { $push: { a: { $each: [{ n: 1 }], $sort: { n: 1 }, $slice: 5 } } },
    { a: [{ n: 1 }, { n: 2 }] },
  ],
  ['$addToSet', { a: [1, { x: 1 }] }, { $addToSet: { a: 1, b: 2 } }, { a: [1, { x: 1 }], b: [2] }],
  [
    '$addToSet $each',
    { a: [1] },
    { $addToSet: { a: { $each: [1, 2, 2, { y: 1 }] } } },
    { a: [1, 2, { y: 1 }] },
  ],
  [
    '$addToSet of an equal document',
    { a: [{ x: 1 }] },
    { $addToSet: { a: { x: new Double(1) } } },
    { a: [{ x: 1 }] },
  ],
  ['$pull of a value', { a: [1, 2, 1] }, { $pull: { a: 1, b: 1 } }, { a: [2] }],
  ['$pull by operators', { a: [1, 5, 9] }, { $pull: { a: { $gte: 5 } } }, { a: [1] }],
  ['$pull by fields', { a: [{ x: 1, y: 1 }, { x: 2 }] }, { $pull: { a: { x: 1 } } }, { a: [{ x: 2 }] }],
  ['a replacement keeps _id', { a: 1, b: 2 }, { c: 3 }, { c: 3 }],
]

describe('an update makes what MongoDB makes:', () => {
  test.each(cases)('%s', async (_, before, update, after) => {
    await mongo.collection.insertOne({ ...before })
    const [operator] = Object.keys(update)
    if (operator?.startsWith('$')) await mongo.collection.updateOne({}, update)
    else await mongo.collection.replaceOne({}, update)
    const stored = await mongo.collection.findOne({}, { projection: { _id: 0 } })
    expect(stored).toEqual(after)
  })

  test('$currentDate sets the time of now, as a date or a timestamp', async () => {
    const before = Date.now()
    const { a, b, c } = await mongo.updated(
      {},
      { $currentDate: { a: true, b: { $type: 'date' }, c: { $type: 'timestamp' } } },
    )
    for (const date of [a, b]) {
      expect(date).toBeInstanceOf(Date)
      expect(Math.abs((date as Date).getTime() - before)).toBeLessThan(5000)
    }
    expect(c).toBeInstanceOf(Timestamp)
  })

  test('$inc keeps int, long and double apart', async () => {
    await mongo.collection.insertOne({
      int: 2147483647,
      long: Long.fromString('9007199254740993'),
      double: new Double(1),
    })
    await mongo.collection.updateOne({}, { $inc: { int: 1, long: 1, double: 1 } })
    const found = await mongo.collection.findOne({}, { promoteValues: false })
    expect(found?.int).toEqual(Long.fromNumber(2147483648))
    expect(found?.long).toEqual(Long.fromString('9007199254740994'))
    expect(found?.double).toEqual(new Double(2))
  })
})

describe('an update that MongoDB refuses changes nothing:', () => {
  const refused: [before: Fields, update: Fields, code: number][] = [
    [{ a: 'x' }, { $inc: { a: 1 } }, 14],
    [{ a: null }, { $inc: { a: 1 } }, 14],
    [{ a: 1 }, { $inc: { a: 'x' } }, 14],
    [{ a: 1 }, { $push: { a: 1 } }, 2],
    [{ a: 1 }, { $addToSet: { a: 1 } }, 2],
    [{ a: 1 }, { $pull: { a: 1 } }, 2],
    [{ a: [] }, { $push: { a: { $each: 1 } } }, 2],
    [{ a: 1 }, { $set: { 'a.b': 1 } }, 28],
    [{ a: [1] }, { $set: { 'a.b': 1 } }, 28],
    [{ a: 1 }, { $set: { a: 1 }, $inc: { a: 1 } }, 40],
    [{ a: 1 }, { $set: { a: 1, 'a.b': 1 } }, 40],
    [{ a: 1 }, { $foo: { a: 1 } }, 9],
    [{ a: 1 }, { $set: 1 }, 9],
    [{ a: 1 }, { $set: { _id: 2 } }, 66],
  ]
  test.each(refused)('%j by %j is %i', async (before, update, code) => {
    await mongo.collection.insertOne({ ...before })
    const stored = await mongo.collection.findOne({}, { promoteValues: false })
    await expectCode(mongo.collection.updateOne({}, update), code)
    expect(await mongo.collection.findOne({}, { promoteValues: false })).toEqual(stored)
  })

  test('a replacement cannot change _id', async () => {
    await mongo.collection.insertOne({ a: 1 })
    await expectCode(mongo.collection.replaceOne({ a: 1 }, { _id: new ObjectId(), a: 2 } as Fields), 66)
  })
})

describe('the answer of an update', () => {
  test('counts what matched and what really changed', async () => {
    await mongo.collection.insertMany([{ a: 1 }, { a: 1 }, { a: 2 }])
    expect(await mongo.collection.updateMany({}, { $set: { a: 1 } })).toMatchObject({
      matchedCount: 3,
      modifiedCount: 1,
      upsertedCount: 0,
    })
    expect(await mongo.collection.updateOne({ a: 9 }, { $set: { a: 1 } })).toMatchObject({
      matchedCount: 0,
      modifiedCount: 0,
    })
  })

  test('names the document that an upsert made', async () => {
    const result = await mongo.collection.updateOne(
      { a: 1 },
      { $set: { b: 2 }, $setOnInsert: { c: 3 } },
      { upsert: true },
    )
    expect(result).toMatchObject({ matchedCount: 0, upsertedCount: 1 })
    expect(await mongo.collection.findOne()).toEqual({ _id: result.upsertedId, a: 1, b: 2, c: 3 })
  })
})

describe('an upsert', () => {
  const made: [filter: Fields, update: Fields, document: Fields][] = [
    [{ a: 1, b: { $eq: 2 }, c: { $gt: 3 } }, { $set: { d: 4 } }, { a: 1, b: 2, d: 4 }],
    [{ $and: [{ a: 1 }, { 'b.c': 2 }] }, { $inc: { n: 1 } }, { a: 1, b: { c: 2 }, n: 1 }],
    [
      { $or: [{ a: 1 }, { a: 2 }], k: 'x' },
      { $setOnInsert: { e: null }, $inc: { p: 1 } },
      { k: 'x', e: null, p: 1 },
    ],
    [{ a: 1 }, { b: 2 }, { b: 2 }],
    [{ a: { x: 1 } }, { $set: { b: 1 } }, { a: { x: 1 }, b: 1 }],
  ]
  test.each(made)('of %j with %j makes %j', async (filter, update, document) => {
    const replaces = !Object.keys(update)[0]?.startsWith('$')
    if (replaces) await mongo.collection.replaceOne(filter, update, { upsert: true })
    else await mongo.collection.updateOne(filter, update, { upsert: true })
    const [found] = await mongo.collection.find().toArray()
    expect(Object.keys(found ?? {})[0]).toBe('_id')
    const { _id, ...fields } = found ?? {}
    expect(fields).toEqual(document)
  })

  test('takes _id from the filter', async () => {
    await mongo.collection.updateOne({ _id: 'me' } as never, { $set: { a: 1 } }, { upsert: true })
    expect(await mongo.collection.findOne()).toEqual({ _id: 'me', a: 1 })
  })

  test('updates what is there', async () => {
    await mongo.collection.insertOne({ a: 1, n: 1 })
    await mongo.collection.updateOne({ a: 1 }, { $inc: { n: 1 } }, { upsert: true })
    expect(await mongo.collection.find({}, { projection: { _id: 0 } }).toArray()).toEqual([{ a: 1, n: 2 }])
  })
})

test('a replacement of many documents is refused', async () => {
  const updates = [{ q: {}, u: { a: 1 }, multi: true }]
  const answer = await mongo.db.command({ update: mongo.collection.collectionName, updates })
  expect(answer.writeErrors).toMatchObject([{ index: 0, code: 9 }])
})

test('Decimal128 values are stored as they are', async () => {
  const a = Decimal128.fromString('1.10')
  expect(await mongo.updated({}, { $set: { a } })).toEqual({ a })
})
