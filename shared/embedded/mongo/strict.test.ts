import { expect, test } from 'vitest'
import { Decimal128, expectCode, useMongo } from './conformance/mongo-under-test.ts'

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
