import mongoose from 'mongoose'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { useMongo } from './conformance/mongo-under-test.ts'

const mongo = useMongo()
const COUNT = 20_000
let other: InstanceType<typeof mongoose.mongo.MongoClient>

beforeEach(async () => {
  other = await mongoose.mongo.MongoClient.connect(mongo.uri)
  await mongo.collection.insertMany(Array.from({ length: COUNT }, (_, i) => ({ _id: i as never, n: 0 })))
})
afterAll(() => other.close())

/** How often others get an answer while it works. */
async function answersDuring(work: Promise<unknown>): Promise<number> {
  let [answers, working] = [0, true]
  const done = work.finally(() => {
    working = false
  })
  while (working) {
    await other.db(mongo.name).collection('others').findOne()
    answers++
  }
  await done
  return answers
}

test('others are answered while many documents are inserted, updated and deleted', async () => {
  const { collection } = mongo
  const more = Array.from({ length: COUNT }, (_, i) => ({ _id: (COUNT + i) as never, n: 0 }))
  expect(await answersDuring(collection.insertMany(more))).toBeGreaterThan(5)
  expect(await answersDuring(collection.updateMany({}, { $set: { n: 1 } }))).toBeGreaterThan(5)
  expect(await collection.countDocuments({ n: 1 })).toBe(2 * COUNT)
  expect(await answersDuring(collection.deleteMany({ n: 1 }))).toBeGreaterThan(5)
  expect(await collection.countDocuments()).toBe(0)
})

test('an update of many sees what others wrote meanwhile, and leaves alone what fits no more', async () => {
  const { collection } = mongo
  const all = collection.updateMany({ n: 0 }, { $set: { n: 1 } })
  const theirs = other.db(mongo.name).collection(collection.collectionName)
  await theirs.updateOne({ _id: (COUNT - 1) as never }, { $set: { n: 7 } })
  await theirs.deleteOne({ _id: (COUNT - 2) as never })
  expect(await all).toMatchObject({ matchedCount: COUNT - 2 })
  expect(await collection.findOne({ _id: (COUNT - 1) as never })).toMatchObject({ n: 7 })
})

test('a collection that is dropped in the middle of an update stays dropped', async () => {
  const { collection } = mongo
  const all = collection.updateMany({ n: 0 }, { $set: { n: 1 } })
  await other.db(mongo.name).collection(collection.collectionName).drop()
  expect((await all).modifiedCount).toBeLessThan(COUNT)
  expect(await collection.countDocuments()).toBe(0)
})
