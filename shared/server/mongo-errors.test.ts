import mongoose from 'mongoose'
import { expect, it } from 'vitest'
import { createErrorTranslation } from './api/problem.ts'
import { createLog } from './log.ts'

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
