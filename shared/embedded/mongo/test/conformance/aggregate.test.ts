import { describe, expect, test } from 'vitest'
import { expectCode, type Fields, Long, ObjectId, useMongo } from './mongo-under-test.ts'

const mongo = useMongo()

const people: Fields[] = [
  { _id: 1, name: 'Ann', team: 'a', age: 30, tags: ['x', 'y'] },
  { _id: 2, name: 'Bob', team: 'b', age: 20, tags: [] },
  { _id: 3, name: 'Cid', team: 'a', age: 25.5 },
  { _id: 4, name: 'Dan', team: null, tags: 'z' },
  { _id: 5, name: 'Eve' },
]

const cases: [what: string, pipeline: Fields[], result: unknown[]][] = [
  [
    '$match $sort $skip $limit',
    [
      { $match: { age: { $gt: 1 } } },
      { $sort: { age: -1 } },
      { $skip: 1 },
      { $limit: 1 },
      { $project: { name: 1, _id: 0 } },
    ],
    [{ name: 'Cid' }],
  ],
  [
    '$limit before $skip',
    [{ $sort: { _id: 1 } }, { $limit: 2 }, { $skip: 1 }, { $project: { _id: 1 } }],
    [{ _id: 2 }],
  ],
  [
    '$project of fields',
    [{ $match: { _id: 1 } }, { $project: { name: 1, team: true } }],
    [{ _id: 1, name: 'Ann', team: 'a' }],
  ],
  [
    '$project without fields',
    [{ $match: { _id: 2 } }, { $project: { name: 0, tags: false, _id: 0 } }],
    [{ team: 'b', age: 20 }],
  ],
  [
    '$project computes',
    [
      { $match: { _id: 1 } },
      {
        $project: {
          _id: 0,
          next: { $add: ['$age', 1] },
          who: { $concat: ['$name', '!'] },
          n: { $size: '$tags' },
        },
      },
    ],
    [{ next: 31, who: 'Ann!', n: 2 }],
  ],
  [
    '$project into a path',
    [{ $match: { _id: 1 } }, { $project: { 'a.b': '$name' } }],
    [{ _id: 1, a: { b: 'Ann' } }],
  ],
  [
    '$project leaves out what is missing',
    [{ $match: { _id: 5 } }, { $project: { x: '$nothing', team: 1 } }],
    [{ _id: 5 }],
  ],
  [
    '$cond, $ifNull, $eq, $and',
    [
      { $sort: { _id: 1 } },
      {
        $project: {
          t: { $ifNull: ['$team', 'none'] },
          old: { $cond: [{ $and: [{ $gt: ['$age', 25] }, { $eq: ['$team', 'a'] }] }, 1, 0] },
        },
      },
      { $limit: 4 },
    ],
    [
      { _id: 1, t: 'a', old: 1 },
      { _id: 2, t: 'b', old: 0 },
      { _id: 3, t: 'a', old: 1 },
      { _id: 4, t: 'none', old: 0 },
    ],
  ],
  [
    '$group by a field, null and missing together',
    [{ $group: { _id: '$team', n: { $sum: 1 }, names: { $push: '$name' } } }, { $sort: { _id: 1 } }],
    [
      { _id: null, n: 2, names: ['Dan', 'Eve'] },
      { _id: 'a', n: 2, names: ['Ann', 'Cid'] },
      { _id: 'b', n: 1, names: ['Bob'] },
    ],
  ],
  [
    '$group of all, by every accumulator',
    [
      { $sort: { _id: 1 } },
      {
        $group: {
          _id: null,
          n: { $count: {} },
          sum: { $sum: '$age' },
          avg: { $avg: '$age' },
          min: { $min: '$age' },
          max: { $max: '$name' },
          first: { $first: '$name' },
          last: { $last: '$age' },
        },
      },
    ],
    [{ _id: null, n: 5, sum: 75.5, avg: 75.5 / 3, min: 20, max: 'Eve', first: 'Ann', last: null }],
  ],
  [
    '$group by a document',
    [
      { $match: { age: { $exists: true } } },
      { $group: { _id: { team: '$team', young: { $lt: ['$age', 26] } }, n: { $sum: 1 } } },
      { $sort: { _id: 1 } },
    ],
    [
      { _id: { team: 'a', young: false }, n: 1 },
      { _id: { team: 'a', young: true }, n: 1 },
      { _id: { team: 'b', young: true }, n: 1 },
    ],
  ],
  ['$group of nothing', [{ $match: { _id: 99 } }, { $group: { _id: null, n: { $sum: 1 } } }], []],
  ['$count', [{ $match: { team: 'a' } }, { $count: 'n' }], [{ n: 2 }]],
  [
    '$$ROOT and $not',
    [{ $match: { _id: 5 } }, { $project: { _id: 0, all: '$$ROOT', not: { $not: ['$team'] } } }],
    [{ all: { _id: 5, name: 'Eve' }, not: true }],
  ],
  [
    'comparison puts missing below null',
    [
      { $match: { _id: { $gte: 4 } } },
      { $project: { below: { $lt: ['$team', null] } } },
      { $sort: { _id: 1 } },
    ],
    [
      { _id: 4, below: false },
      { _id: 5, below: true },
    ],
  ],
]

describe('aggregate gives what MongoDB gives:', () => {
  test.each(cases)('%s', async (_, pipeline, result) => {
    await mongo.collection.insertMany(people.map((person) => ({ ...person })))
    expect(await mongo.collection.aggregate(pipeline).toArray()).toEqual(result)
  })

  test('the first of each listed value, with an index, without, and with arrays among the values', async () => {
    const [a, b, c] = [new ObjectId(), new ObjectId(), new ObjectId()]
    await mongo.collection.insertMany([
      ...Array.from({ length: 9 }, (_, n) => ({ user: n % 2 ? a : b, n, deleted: n === 8 })),
      { user: c, n: 1 },
    ])
    const firsts = () =>
      mongo.collection
        .aggregate([
          { $match: { user: { $in: [a, b, new ObjectId(), a] }, deleted: { $ne: true } } },
          { $sort: { user: 1, n: -1 } },
          { $group: { _id: '$user', last: { $first: '$n' } } },
          { $sort: { last: 1 } },
        ])
        .toArray()
    const expected = [
      { _id: b, last: 6 },
      { _id: a, last: 7 },
    ]
    expect(await firsts()).toEqual(expected)
    await mongo.collection.createIndex({ user: 1, n: -1 })
    expect(await firsts()).toEqual(expected)
    await mongo.collection.insertOne({ user: [a, b], n: 10 })
    expect(await firsts()).toEqual([...expected, { _id: [a, b], last: 10 }])
  })

  test('sums of Longs are exact', async () => {
    await mongo.collection.insertMany([{ a: Long.fromString('9007199254740993') }, { a: 1 }])
    const [found] = await mongo.collection
      .aggregate([{ $group: { _id: null, sum: { $sum: '$a' } } }], { promoteValues: false })
      .toArray()
    expect(String(found?.sum)).toBe('9007199254740994')
  })

  test('the stored documents stay as they are', async () => {
    await mongo.collection.insertOne({ _id: 1, a: [{ b: 1 }] } as never)
    await mongo.collection
      .aggregate([
        { $project: { a: 1, 'c.d': '$a' } },
        { $sort: { 'c.d': 1 } },
        { $project: { 'a.b': '$c' } },
      ])
      .toArray()
    expect(await mongo.collection.findOne()).toEqual({ _id: 1, a: [{ b: 1 }] })
  })

  test('countDocuments and distinct', async () => {
    await mongo.collection.insertMany(people.map((person) => ({ ...person })))
    expect(await mongo.collection.countDocuments({ team: 'a' })).toBe(2)
    expect(await mongo.collection.countDocuments({ team: 'zzz' })).toBe(0)
    expect(await mongo.collection.countDocuments({}, { skip: 1, limit: 2 })).toBe(2)
    expect(await mongo.collection.estimatedDocumentCount()).toBe(5)
    expect((await mongo.collection.distinct('tags')).sort()).toEqual(['x', 'y', 'z'])
    expect(await mongo.collection.distinct('team', { age: { $gt: 0 } })).toEqual(['a', 'b'])
  })
})

describe('a pipeline that MongoDB refuses is refused:', () => {
  const refused: [pipeline: Fields[], code: number][] = [
    [[{ $foo: {} }], 40324],
    [[{ $match: {}, $sort: { a: 1 } }], 40323],
    [[{ $limit: 0 }], 15958],
    [[{ $sort: {} }], 15976],
    [[{ $match: { a: { $foo: 1 } } }], 2],
  ]
  test.each(refused)('%j', async (pipeline, code) => {
    await mongo.collection.insertOne({})
    await expectCode(mongo.collection.aggregate(pipeline).toArray(), code)
  })
})
