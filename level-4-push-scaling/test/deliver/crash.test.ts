import { connectDatabase, createModels, type Models } from '@levels/3-jwt-notifications/src/doors.ts'
import { type EmbeddedMongo, startEmbeddedMongo } from '@levels/embedded-mongo'
import { type Program, startProgram } from '@levels/shared/testing/process.ts'
import { type PushService, startPushService } from '@levels/shared/testing/push-service.ts'
import { type Connection, Types } from 'mongoose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { deliveryModel } from '../../src/deliver/model.ts'
import type { SubscriptionDoc } from '../../src/push/subscriptions.ts'
import { until } from '../support/until.ts'

// That the work is shared, and survives kill -9, are promises (`closed-browser`, and `prove 4 --chaos`).

let service: PushService
let mongo: EmbeddedMongo
let db: Connection
let models: Models
/** Two processes that do nothing but deliver; whichever a test has ended is started again for the next one. */
let workers: Program[] = []

beforeAll(async () => {
  ;[service, mongo] = await Promise.all([startPushService(), startEmbeddedMongo()])
  db = await connectDatabase(mongo.uri)
  models = createModels(db)
})
beforeEach(async () => {
  service.messages.length = 0
  service.requests.length = 0
  while (workers.length < 2) workers.push(startWorker())
  await Promise.all(workers.map((worker) => worker.printed(/delivering/)))
})
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  await db.close()
  await Promise.all([mongo.close(), service.close()])
})

function startWorker(): Program {
  const file = 'level-4-push-scaling/test/support/worker.ts'
  const worker = startProgram([file, mongo.uri, service.caFile])
  void worker.exit.then(() => {
    workers = workers.filter((one) => one !== worker)
  })
  return worker
}

function twoWorkers(): [Program, Program] {
  const [first, second] = workers
  if (!first || !second) throw new Error('not two workers')
  return [first, second]
}

/** A user with one browser, straight into the database. */
async function userWithBrowser() {
  const [_id, now] = [new Types.ObjectId(), new Date()]
  const browser = service.subscribe()
  const name = `u${_id}`
  const account = { username: name, usernameKey: name, passwordHash: '-', role: 'user' as const }
  await models.User.create({ _id, ...account, deliveredUpTo: 0, createdAt: now })
  const times = {
    rotatedAt: now,
    createdAt: now,
    lastUsedAt: now,
    expiresAt: new Date(now.getTime() + 3_600_000),
  }
  await models.Session.create({ _id: name, userId: _id, tokenHash: '-', userAgent: '', ip: '', ...times })
  await db.collection<SubscriptionDoc>('pushsubscriptions').insertOne({
    _id: browser.endpoint,
    endpoint: browser.endpoint,
    keys: browser.keys,
    userId: _id,
    sessionId: name,
    service: new URL(browser.endpoint).host,
    createdAt: now,
    savedAt: now,
  })
  return { userId: _id, browser }
}

/** A notification in the user's log that is due now: as one who stored it and died left it, nobody is told. */
async function makeDue(userId: Types.ObjectId): Promise<void> {
  const dueAt = new Date()
  const words = { type: 'message' as const, title: 'Hello', message: 'World' }
  await models.Notification.create({
    userId,
    seq: 1,
    ...words,
    createdAt: dueAt,
    channels: { push: { dueAt } },
  })
}

/** Who takes the user's only notification holds it: its push service does not answer. */
async function letHang(worker: Program, other: Program) {
  const { userId, browser } = await userWithBrowser()
  browser.setBehaviour({ answer: 'hang' }, { answer: 201 })
  other.kill('SIGSTOP')
  await makeDue(userId)
  await until(`process ${worker.pid} is at it`, () => service.requests.length === 1)
  const held = await deliveryModel(db).findOne({ userId }).orFail()
  expect(held.claimedBy).toBeDefined()
  return { userId, browser, leaseEndsAt: held.nextAttemptAt?.getTime() ?? Number.POSITIVE_INFINITY }
}

const sent = (userId: Types.ObjectId) =>
  until('it is sent, and written down', () => deliveryModel(db).findOne({ userId, state: 'sent' }).lean())

test('a frozen instance holds nobody up, and does no harm when it wakes', async () => {
  const [first, second] = twoWorkers()
  const { userId, browser, leaseEndsAt } = await letHang(first, second)
  first.kill('SIGSTOP')
  second.kill('SIGCONT')
  const other = await userWithBrowser()
  await makeDue(other.userId)
  await sent(other.userId)
  await sent(userId)
  const [, again] = service.requests.filter(({ endpoint }) => endpoint === browser.endpoint)
  // Not before the lease was over: until then the first one might have been alive.
  expect(again?.at).toBeGreaterThanOrEqual(leaseEndsAt)
  first.kill('SIGCONT')
  first.kill('SIGTERM') // it ends when it has written down what became of its own attempt
  await first.exit
  expect((await sent(userId)).attempts).toBe(1)
  expect(service.requests).toHaveLength(3)
})

test('an instance that is stopped in order gives back what hangs at once', async () => {
  const [first, second] = twoWorkers()
  const { userId } = await letHang(first, second)
  const stoppedAt = Date.now()
  first.kill('SIGTERM')
  expect(await first.exit).toEqual({ code: 0, signal: null })
  expect(Date.now() - stoppedAt).toBeLessThan(5_000)
  const free = await deliveryModel(db).findOne({ userId }).lean()
  expect(free).toMatchObject({ state: 'pending', attempts: 0 })
  expect(free?.claimedBy).toBeUndefined()
  second.kill('SIGCONT')
  await sent(userId)
})
