import { expect, test } from 'vitest'
import { adopt, type Doc, doc } from '../src/bson.ts'
import { Collection } from '../src/collection.ts'
import { parseIndexSpec } from '../src/index-spec.ts'
import { select } from '../src/query.ts'

// Whatever index the planner takes, a query finds the same documents as without any.

/** A repeatable source of random numbers (mulberry32). */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

// Some end in _id: the random orders do too, so that they are total.
const INDEXES = [
  { key: { a: 1, _id: 1 } },
  { key: { b: -1, a: -1, _id: -1 } },
  { key: { c: 1, _id: 1 }, partialFilterExpression: { c: { $exists: true } } },
  { key: { c: 1, a: 1, b: 1, _id: 1 } },
  { key: { a: 1 } },
  { key: { a: 1, b: -1 } },
  { key: { b: 1, a: 1, c: 1 } },
  { key: { 'd.e': 1 } },
  { key: { c: 1 }, sparse: true },
  { key: { b: 1 }, partialFilterExpression: { a: { $gte: 2 } } },
  { key: { 'd.e': 1, a: 1 }, sparse: true },
  { key: { b: 1, c: 1 }, partialFilterExpression: { b: { $exists: true } } },
]

test.each([1, 2, 3, 4, 5, 6])(
  '600 random queries find the same with and without indexes (seed %i)',
  (seed) => {
    const random = seeded(seed)
    const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T
    const arrays = seed % 2 === 0
    const scalar = () => pick([0, 1, 2, 3, 4, null, 'x', 'y', true, Number.NaN, new Date(1), new Date(2)])
    const value = () => (arrays && random(6) === 0 ? Array.from({ length: random(4) }, scalar) : scalar())
    const nested = () =>
      pick([
        { e: value() },
        {},
        scalar(),
        ...(arrays ? [[{ e: scalar() }, { e: scalar() }], [scalar()], []] : []),
      ])
    const document = (_id: number): Doc => {
      const fields: [string, unknown][] = [['_id', _id]]
      for (const name of ['a', 'b', 'c']) if (random(5) > 0) fields.push([name, value()])
      if (random(5) > 0) fields.push(['d', nested()])
      return adopt(Object.fromEntries(fields)) as Doc
    }
    const condition = (): unknown =>
      pick([
        () => scalar(),
        () => ({ [pick(['$gt', '$gte', '$lt', '$lte', '$eq', '$ne'])]: scalar() }),
        () => ({ $gt: random(3), $lte: random(5) }),
        () => ({ $gte: random(5), $gt: random(5) }),
        () => ({ $in: [scalar(), scalar()] }),
        () => ({ $exists: random(2) === 0 }),
        () => ({ $not: { $lt: scalar() } }),
      ])()
    const filter = (): object => {
      const fields = Array.from({ length: random(4) }, () => [
        pick(['a', 'b', 'c', 'd.e', '_id']),
        condition(),
      ])
      const flat = Object.fromEntries(fields)
      return random(8) === 0
        ? { $and: [flat, { [pick(['a', 'b'])]: condition() }] }
        : random(8) === 0
          ? { $or: [flat, { a: 1 }] }
          : flat
    }
    const sort = () => {
      const direction = pick([1, -1])
      const names = [...Array.from({ length: random(3) }, () => pick(['a', 'b', 'c'])), '_id']
      return Object.fromEntries(names.map((name) => [name, random(6) === 0 ? pick([1, -1]) : direction]))
    }

    const note = () => undefined
    const plain = new Collection('d.plain', doc(), note)
    const indexed = new Collection('d.indexed', doc(), note)
    for (const [i, index] of INDEXES.entries())
      indexed.createIndex(parseIndexSpec(adopt({ ...index, name: `i${i}` }) as Doc))
    for (let i = 0; i < 300; i++) {
      const before = document(i)
      const after = random(3) === 0 ? document(i) : before
      let fits = true
      try {
        indexed.put(before)
        indexed.put(after)
      } catch {
        fits = false // two arrays in one compound index
      }
      const stored = [...indexed.documents()].find(({ document: { _id } }) => _id === i)
      if (stored) plain.put(stored.document)
      expect(fits || arrays).toBe(true)
    }
    for (let i = 0; i < 600; i++) {
      const query = {
        filter: adopt(filter()) as Doc,
        sort: adopt(sort()) as Doc,
        skip: random(3),
        limit: random(20),
      }
      const ids = (collection: Collection) => select(collection, query).map((found) => found.document._id)
      expect(ids(indexed), JSON.stringify(query)).toEqual(ids(plain))
    }
  },
)
