import { describe, expect, test } from 'vitest'
import {
  Binary,
  Decimal128,
  Double,
  expectCode,
  type Fields,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  useMongo,
} from './mongo-under-test.ts'

const mongo = useMongo()
const id = (last: number) => new ObjectId(`65000000000000000000000${last}`)

const cases: [what: string, documents: Fields[], filter: Fields, found: number[]][] = [
  [
    'a Long, a Double or a Decimal finds every number equal to it',
    [{ a: 2 }, { a: 2.5 }, { a: Long.fromNumber(2) }],
    { $or: [{ a: Long.fromNumber(2) }, { a: Decimal128.fromString('2.5') }] },
    [0, 1, 2],
  ],
  ['equality', [{ a: 1 }, { a: 2 }, { a: '1' }], { a: 1 }, [0]],
  [
    '1, 1.0, Long(1) and Decimal(1) are equal',
    [{ a: 1 }, { a: new Double(1) }, { a: Long.ONE }, { a: Decimal128.fromString('1.0') }],
    { a: 1 },
    [0, 1, 2, 3],
  ],
  ['null finds null and missing', [{ a: null }, {}, { a: 0 }], { a: null }, [0, 1]],
  ['null does not find an empty array', [{ a: [] }, { a: [null] }], { a: null }, [1]],
  ['$exists true finds null', [{ a: null }, {}, { a: [] }], { a: { $exists: true } }, [0, 2]],
  ['$exists false finds only missing', [{ a: null }, {}, { a: [] }], { a: { $exists: false } }, [1]],
  ['$ne null', [{ a: null }, {}, { a: 1 }], { a: { $ne: null } }, [2]],
  ['$ne of an element', [{ a: [1, 2] }, { a: [3] }, {}], { a: { $ne: 1 } }, [1, 2]],
  [
    'a subdocument with its fields in order',
    [{ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }],
    { a: { x: 1, y: 2 } },
    [0],
  ],
  ['an empty subdocument', [{ a: {} }, { a: { x: 1 } }, {}], { a: {} }, [0]],
  ['an array by an element', [{ a: [1, 2] }, { a: [3] }, { a: 1 }], { a: 1 }, [0, 2]],
  ['a whole array', [{ a: [1, 2] }, { a: [2, 1] }, { a: [[1, 2]] }], { a: [1, 2] }, [0, 2]],
  ['a dotted path', [{ a: { b: 1 } }, { a: { b: 2 } }, { 'a.b': 1 }], { 'a.b': 1 }, [0]],
  ['a path through an array', [{ a: [{ b: 1 }, { b: 2 }] }, { a: [{ c: 1 }] }], { 'a.b': 2 }, [0]],
  [
    'a missing field of an array element is null',
    [{ a: [{ b: 1 }, { c: 1 }] }, { a: [{ b: 1 }] }],
    { 'a.b': null },
    [0],
  ],
  ['a position in an array', [{ a: [5, 6] }, { a: [6, 5] }], { 'a.1': 6 }, [0]],
  ['a path through a position', [{ a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 2 }] }], { 'a.0.b': 2 }, [1]],
  [
    '$gt compares only its own type',
    [{ a: 1 }, { a: 10 }, { a: '9' }, { a: null }, {}],
    { a: { $gt: 5 } },
    [1],
  ],
  ['$lt on strings', [{ a: 'a' }, { a: 'c' }, { a: 1 }], { a: { $lt: 'b' } }, [0]],
  ['$gte null finds null and missing', [{ a: null }, {}, { a: 0 }], { a: { $gte: null } }, [0, 1]],
  ['$gt null finds nothing', [{ a: null }, {}, { a: 0 }], { a: { $gt: null } }, []],
  [
    '$gt MinKey finds every type',
    [{ a: 1 }, { a: 'x' }, { a: new MinKey() }],
    { a: { $gt: new MinKey() } },
    [0, 1],
  ],
  [
    '$lt MaxKey finds every type',
    [{ a: 1 }, { a: 'x' }, { a: new MaxKey() }],
    { a: { $lt: new MaxKey() } },
    [0, 1],
  ],
  ['two bounds met by different elements', [{ a: [1, 10] }, { a: [1] }], { a: { $gt: 3, $lt: 5 } }, [0]],
  ['NaN equals NaN', [{ a: Number.NaN }, { a: 1 }], { a: Number.NaN }, [0]],
  ['NaN is not below a number', [{ a: Number.NaN }, { a: 1 }], { a: { $lt: 5 } }, [1]],
  ['-0 equals 0', [{ a: -0 }, { a: 1 }], { a: 0 }, [0]],
  [
    'Longs above 2^53',
    [{ a: Long.fromString('9007199254740993') }, { a: Long.fromString('9007199254740992') }],
    { a: { $gt: Long.fromString('9007199254740992') } },
    [0],
  ],
  [
    'equality of Longs above 2^53',
    [{ a: Long.fromString('9007199254740993') }, { a: Long.fromString('9007199254740992') }],
    { a: Long.fromString('9007199254740993') },
    [0],
  ],
  [
    'a Long against a double',
    [{ a: Long.fromString('9007199254740993') }],
    { a: { $gt: 9007199254740992 } },
    [0],
  ],
  [
    'Decimal128 against a double',
    [{ a: Decimal128.fromString('0.1') }, { a: 0.5 }, { a: Decimal128.fromString('0.75') }],
    { a: { $gte: 0.5 } },
    [1, 2],
  ],
  ['ObjectIds', [{ a: id(1) }, { a: id(2) }, { a: id(3) }], { a: { $gte: id(2) } }, [1, 2]],
  [
    'dates',
    [{ a: new Date(1) }, { a: new Date(5) }, { a: 5 }, { a: new Date(-5) }],
    { a: { $lte: new Date(2) } },
    [0, 3],
  ],
  [
    'timestamps',
    [{ a: new Timestamp({ t: 1, i: 5 }) }, { a: new Timestamp({ t: 2, i: 1 }) }],
    { a: { $gt: new Timestamp({ t: 1, i: 9 }) } },
    [1],
  ],
  [
    'binary data by length first',
    [{ a: new Binary(Buffer.from([9])) }, { a: new Binary(Buffer.from([1, 1])) }],
    { a: { $gt: new Binary(Buffer.from([9])) } },
    [1],
  ],
  ['booleans', [{ a: true }, { a: false }, { a: 1 }], { a: { $gt: false } }, [0]],
  [
    '$in with null, values and a regex',
    [{ a: 1 }, {}, { a: 'abc' }, { a: 'x' }],
    { a: { $in: [1, null, /^ab/] } },
    [0, 1, 2],
  ],
  ['$in with an array', [{ a: [1, 2] }, { a: [1] }], { a: { $in: [[1, 2]] } }, [0]],
  ['$in with nothing', [{ a: 1 }], { a: { $in: [] } }, []],
  ['$nin', [{ a: 1 }, {}, { a: [1, 2] }, { a: 3 }], { a: { $nin: [1] } }, [1, 3]],
  [
    'a regex, on strings and array elements',
    [{ a: 'Foo' }, { a: ['x', 'foo'] }, { a: 5 }],
    { a: /^foo/i },
    [0, 1],
  ],
  ['$regex with $options', [{ a: 'x\nFOO' }, { a: 'xfoo' }], { a: { $regex: '^foo$', $options: 'im' } }, [0]],
  ['$regex beside another operator', [{ a: 'foo' }, { a: 'fox' }], { a: { $regex: '^fo', $ne: 'fox' } }, [0]],
  ['a regex that escapes punctuation', [{ a: 'a-b@c' }, { a: 'a-bxc' }], { a: { $regex: 'a\\-b\\@c' } }, [0]],
  ['$not', [{ a: 1 }, { a: 10 }, {}], { a: { $not: { $gt: 5 } } }, [0, 2]],
  ['$not with a regex', [{ a: 'x' }, { a: 'y' }, {}], { a: { $not: /x/ } }, [1, 2]],
  [
    '$and, $or, $nor',
    [
      { a: 1, b: 1 },
      { a: 1, b: 2 },
      { a: 2, b: 3 },
    ],
    { $and: [{ a: 1 }, { $or: [{ b: 2 }, { b: 9 }] }], $nor: [{ a: 2 }] },
    [1],
  ],
  ['$all', [{ a: [1, 2, 3] }, { a: [1] }, { a: 1 }], { a: { $all: [1, 2] } }, [0]],
  ['$all with one value', [{ a: [1, 2] }, { a: 1 }, { a: [2] }], { a: { $all: [1] } }, [0, 1]],
  ['$all with nothing', [{ a: [] }, { a: 1 }], { a: { $all: [] } }, []],
  [
    '$all with $elemMatch',
    [{ a: [{ x: 1 }, { x: 2 }] }, { a: [{ x: 1 }] }],
    { a: { $all: [{ $elemMatch: { x: 1 } }, { $elemMatch: { x: 2 } }] } },
    [0],
  ],
  ['$size', [{ a: [1, 2] }, { a: [1] }, { a: 2 }, { a: [[1, 2]] }], { a: { $size: 2 } }, [0]],
  [
    '$elemMatch on values',
    [{ a: [1, 10] }, { a: [4] }, { a: 4 }],
    { a: { $elemMatch: { $gt: 3, $lt: 5 } } },
    [1],
  ],
  [
    '$elemMatch on documents',
    [{ a: [{ x: 1, y: 2 }] }, { a: [{ x: 1 }, { y: 2 }] }],
    { a: { $elemMatch: { x: 1, y: 2 } } },
    [0],
  ],
  [
    '$type by name',
    [{ a: 1 }, { a: 'x' }, { a: null }, { a: ['x'] }, {}],
    { a: { $type: 'string' } },
    [1, 3],
  ],
  [
    '$type by number, and number',
    [{ a: 1 }, { a: 1.5 }, { a: 'x' }, { a: Long.ONE }],
    { a: { $type: ['number', 9] } },
    [0, 1, 3],
  ],
  ['$type of an int and of a double', [{ a: 1 }, { a: new Double(1) }], { a: { $type: 'double' } }, [1]],
  ['$type array', [{ a: [] }, { a: [[1]] }, { a: 1 }], { a: { $type: 'array' } }, [0, 1]],
  ['$mod', [{ a: 4 }, { a: 5 }, { a: 'x' }], { a: { $mod: [4, 0] } }, [0]],
  [
    '$expr',
    [
      { a: 1, b: 2 },
      { a: 2, b: 1 },
    ],
    { $expr: { $gt: ['$a', '$b'] } },
    [1],
  ],
  ['$comment', [{ a: 1 }], { $comment: 'why', a: 1 }, [0]],
]

describe('a filter finds what MongoDB finds:', () => {
  test.each(cases)('%s', async (_, documents, filter, found) => {
    expect(await mongo.find(documents, filter)).toEqual(found)
  })

  test.each(cases)('%s, with an index', async (_, documents, filter, found) => {
    await mongo.collection.createIndex({ a: 1 })
    await mongo.collection.createIndex({ 'a.b': 1, c: -1 })
    expect(await mongo.find(documents, filter)).toEqual(found)
  })
})

describe('a filter that MongoDB refuses is refused:', () => {
  const refused: [Fields, number][] = [
    [{ a: { $foo: 1 } }, 2],
    [{ $foo: 1 }, 2],
    [{ $or: [] }, 2],
    [{ $and: 1 }, 2],
    [{ a: { $in: 1 } }, 2],
    [{ a: { $gt: 1, b: 2 } }, 2],
    [{ a: { $type: 'nothing' } }, 2],
    [{ a: { $mod: [0, 0] } }, 2],
  ]
  test.each(refused)('%j', async (filter, code) => {
    await mongo.collection.insertOne({ a: 1 })
    await expectCode(mongo.collection.find(filter).toArray(), code)
    await expectCode(mongo.db.collection('not_there').find(filter).toArray(), code)
  })
})
