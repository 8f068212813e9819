import { randomUUID } from 'node:crypto'
import mongoose from 'mongoose'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { startEmbeddedMongo } from '../../src/index.ts'

const { MongoClient } = mongoose.mongo

// The driver's own classes, as it returns them.
export const { Binary, Decimal128, Double, Long, MaxKey, MinKey, ObjectId, Timestamp } = mongoose.mongo

export type Db = InstanceType<typeof MongoClient>['db'] extends (...args: never) => infer R ? R : never
export type Fields = { [field: string]: unknown }

/**
 * A database of its own on the MongoDB that MONGODB_URI names, else on an embedded one: the tests in this
 * directory say what MongoDB does, so they must pass on any. The collection is fresh for every test.
 */
export function useMongo() {
  const name = `conformance_${randomUUID().slice(0, 8)}`
  let count = 0
  const under = {
    uri: '',
    name,
    client: undefined as unknown as InstanceType<typeof MongoClient>,
    get db() {
      return under.client.db(name)
    },
    get collection() {
      return under.db.collection(`c${count}`)
    },
    /** Stores these documents and returns the names (`_id`) of those that the filter finds. */
    async find(documents: Fields[], filter: Fields) {
      await under.collection.deleteMany({})
      await under.collection.insertMany(documents.map((fields, i) => ({ _id: i, ...fields }) as Fields))
      const found = await under.collection.find(filter).sort({ _id: 1 }).toArray()
      return found.map(({ _id }) => _id as unknown as number)
    },
    /** The document that an update makes of another. */
    async updated(before: Fields, update: Fields): Promise<Fields> {
      await under.collection.deleteMany({})
      await under.collection.insertOne({ _id: 1, ...before } as Fields)
      await under.collection.updateOne({}, update)
      const { _id, ...after } = (await under.collection.findOne({})) ?? {}
      return after
    },
  }
  let close: () => Promise<void> = () => Promise.resolve()
  beforeAll(async () => {
    under.uri = process.env.MONGODB_URI ?? ''
    if (!under.uri) {
      const embedded = await startEmbeddedMongo()
      under.uri = embedded.uri
      close = embedded.close
    }
    under.client = await MongoClient.connect(under.uri, { serverSelectionTimeoutMS: 5000 })
  })
  beforeEach(() => {
    count++
  })
  afterAll(async () => {
    await under.db.dropDatabase()
    await under.client.close()
    await close()
  })
  return under
}

/** Expects a rejection with MongoDB's error code. */
export async function expectCode(action: Promise<unknown>, code: number, more: Fields = {}) {
  const error = await action.then(
    (value) => expect.fail(`resolved with ${JSON.stringify(value)}, expected error ${code}`),
    (reason) => reason,
  )
  expect(error).toMatchObject({ code, ...more })
}
