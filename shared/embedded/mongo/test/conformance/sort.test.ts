import { describe, expect, test } from 'vitest'
import {
  Binary,
  Decimal128,
  type Fields,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  useMongo,
} from './mongo-under-test.ts'

const mongo = useMongo()

async function sorted(values: unknown[], direction: 1 | -1) {
  await mongo.collection.insertMany(
    values.map((a, i) => (a === undefined ? { _id: i } : { _id: i, a })) as Fields[],
  )
  const found = await mongo.collection.find().sort({ a: direction, _id: 1 }).toArray()
  return found.map(({ _id }) => _id)
}

describe.each([false, true])('sort (index: %s)', (indexed) => {
  const index = () => (indexed ? mongo.collection.createIndex({ a: 1 }) : undefined)

  test('orders types as MongoDB does, missing like null', async () => {
    await index()
    const values = [
      new MaxKey(),
      /x/,
      new Date(0),
      true,
      new ObjectId(),
      new Binary(Buffer.from('x')),
      [[1]],
      { x: 1 },
      'x',
      1,
      null,
      new MinKey(),
    ]
    expect(await sorted(values, 1)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    expect(
      await mongo.collection
        .find()
        .sort({ a: -1 })
        .map(({ _id }) => _id)
        .toArray(),
    ).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  test('orders numbers of all types by value', async () => {
    await index()
    const values = [
      2,
      Long.fromString('9007199254740993'),
      9007199254740992,
      Decimal128.fromString('0.1'),
      0.1,
      -5,
      -5.5,
      Number.NaN,
      Decimal128.fromString('-Infinity'),
      Decimal128.fromString('1E+400'),
    ]
    expect(await sorted(values, 1)).toEqual([7, 8, 6, 5, 3, 4, 0, 2, 1, 9])
  })

  test('takes the least element of an array ascending, the greatest descending', async () => {
    await index()
    expect(await sorted([[3, 9], 5, [1, 4], []], 1)).toEqual([3, 2, 0, 1])
    expect(
      await mongo.collection
        .find()
        .sort({ a: -1 })
        .map(({ _id }) => _id)
        .toArray(),
    ).toEqual([0, 1, 2, 3])
  })

  test('orders subdocuments field by field', async () => {
    await index()
    expect(await sorted([{ x: 2 }, { x: 1, y: 1 }, { x: 1 }, { w: 9 }, {}], 1)).toEqual([4, 3, 2, 1, 0])
  })

  test('orders by several fields in several directions', async () => {
    await mongo.collection.createIndex({ a: 1, b: 1 })
    await mongo.collection.insertMany([
      { a: 1, b: 1 },
      { a: 2, b: 1 },
      { a: 1, b: 2 },
      { a: 2, b: 2 },
    ] as Fields[])
    const found = await mongo.collection
      .find({}, { projection: { _id: 0 } })
      .sort({ a: -1, b: 1 })
      .toArray()
    expect(found).toEqual([
      { a: 2, b: 1 },
      { a: 2, b: 2 },
      { a: 1, b: 1 },
      { a: 1, b: 2 },
    ])
  })
})

test('equality, then a range, then an order are served by one index', async () => {
  await mongo.collection.createIndex({ user: 1, seq: 1 }, { unique: true })
  await mongo.collection.insertMany(
    Array.from({ length: 300 }, (_, i) => ({ user: i % 3, seq: Math.floor(i / 3) })) as Fields[],
  )
  const seqs = (cursor: { toArray(): Promise<Fields[]> }) =>
    cursor.toArray().then((found) => found.map(({ seq }) => seq))
  expect(await seqs(mongo.collection.find({ user: 1, seq: { $gt: 95 } }).sort({ seq: 1 }))).toEqual([
    96, 97, 98, 99,
  ])
  expect(await seqs(mongo.collection.find({ user: 1 }).sort({ seq: -1 }).limit(2))).toEqual([99, 98])
  expect(await seqs(mongo.collection.find({ user: 1, seq: { $lt: 3, $gte: 1 } }).sort({ seq: -1 }))).toEqual([
    2, 1,
  ])
  expect(await seqs(mongo.collection.find({ user: 1 }).sort({ seq: 1 }).skip(98))).toEqual([98, 99])
  expect(await mongo.collection.countDocuments({ user: 2, seq: { $lte: 9 } })).toBe(10)
})

test('skip and limit cut the sorted result', async () => {
  await mongo.collection.insertMany([3, 1, 2, 5, 4].map((_id) => ({ _id })) as unknown as Fields[])
  const found = await mongo.collection.find().sort({ _id: 1 }).skip(1).limit(3).toArray()
  expect(found.map(({ _id }) => _id)).toEqual([2, 3, 4])
})

test('without a sort, documents come in the order of their insertion, updated or not', async () => {
  await mongo.collection.insertMany([{ _id: 2 }, { _id: 1 }, { _id: 3 }] as unknown as Fields[])
  await mongo.collection.updateOne({ _id: 2 } as Fields, { $set: { big: 'x'.repeat(1000) } })
  const found = await mongo.collection.find().toArray()
  expect(found.map(({ _id }) => _id)).toEqual([2, 1, 3])
})
