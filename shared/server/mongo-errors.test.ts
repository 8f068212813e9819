import mongoose from 'mongoose'
import { expect, it } from 'vitest'
import { createErrorTranslation } from './api/problem.ts'
import { createLog } from './log.ts'
import { upserted } from './mongo-errors.ts'

const { mongo } = mongoose
const bulkWrite = (cause: Error) =>
  new mongo.MongoBulkWriteError(cause as mongoose.mongo.MongoServerError, {} as never)
const named = (name: string) => Object.assign(new Error('of the driver'), { name })

it.each<[string, Error, [status: number, code: string]]>([
  ['a lost connection', new mongo.MongoNetworkError('reset'), [503, 'database_unavailable']],
  ['one inside a bulk write', bulkWrite(new mongo.MongoNetworkError('reset')), [503, 'database_unavailable']],
  [
    'a reset while writing',
    Object.assign(new Error('write'), { code: 'EPIPE' }),
    [503, 'database_unavailable'],
  ],
  ['connections given up together', named('PoolClearedOnNetworkError'), [503, 'database_unavailable']],
  ['a client that was just closed', named('MongoExpiredSessionError'), [503, 'database_unavailable']],
  [
    'a full disk',
    new mongo.MongoServerError({ message: 'full', code: 14_031 }),
    [503, 'database_unavailable'],
  ],
  ['no connection free for long', named('MongoWaitQueueTimeoutError'), [503, 'busy']],
  ['an entry that cannot be stored', bulkWrite(new mongo.MongoServerError({ code: 121 })), [500, 'internal']],
])('a database error becomes a problem: %s', (_what, error, [status, code]) => {
  expect(createErrorTranslation(createLog('silent'))(error, 'a test')).toMatchObject({ status, code })
})

it('an upsert that lost a race for a new key is made again', async () => {
  const answers = [Promise.reject(new mongo.MongoServerError({ code: 11_000 })), Promise.resolve('the row')]
  expect(await upserted(() => answers.shift() ?? Promise.reject(new Error('a third time')))).toBe('the row')
})
