import { connectDatabase, createModels, type Models } from '@levels/3-jwt-notifications/src/doors.ts'
import { type EmbeddedMongo, startEmbeddedMongo } from '@levels/embedded-mongo'
import { type Program, startProgram } from '@levels/shared/testing/process.ts'
import { type PushService, startPushService } from '@levels/shared/testing/push-service.ts'
import { type Connection, Types } from 'mongoose'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type DeliveryDoc, deliveryModel } from '../../src/deliver/model.ts'
import type { SubscriptionDoc } from '../../src/push/subscriptions.ts'
import { until } from '../support/until.ts'

let service: PushService
let mongo: EmbeddedMongo
let db: Connection
let models: Models
const workers: Program[] = []

beforeAll(async () => {
  service = await startPushService()
})
beforeEach(async () => {
  mongo = await startEmbeddedMongo()
  db = await connectDatabase(mongo.uri)
  models = createModels(db)
})
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()))
  await db.close()
  await mongo.close()
  service.messages.length = 0
  service.requests.length = 0
})
afterAll(() => service.close())

async function startWorker(): Promise<Program> {
  const file = 'level-4-push-scaling/test/support/worker.ts'
  const worker = startProgram([file, mongo.uri, service.caFile])
  workers.push(worker)
  await worker.printed(/delivering/)
  return worker
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

/** Notifications in the user's log that are due now. */
async function makeDue(userId: Types.ObjectId, count: number): Promise<void> {
  const dueAt = new Date()
  await models.Notification.insertMany(
    Array.from({ length: count }, (_, index) => ({
      userId,
      seq: index + 1,
      type: 'message',
      title: `Number ${index + 1}`,
      message: 'Hello',
      createdAt: dueAt,
      channels: { push: { dueAt } },
    })),
  )
}

/** How often each notification arrived. */
function counts(): Map<number, number> {
  const bySeq = new Map<number, number>()
  for (const { plaintext } of service.messages) {
    const { seq } = JSON.parse(plaintext)
    bySeq.set(seq, (bySeq.get(seq) ?? 0) + 1)
  }
  return bySeq
}

const once = (count: number) => new Map(Array.from({ length: count }, (_, index) => [index + 1, 1]))
const inOrder = (map: Map<number, number>) => [...map].sort(([a], [b]) => a - b)

function allSettled(count: number): Promise<DeliveryDoc[]> {
  return until(
    'everything is sent and written down',
    async () => {
      const sent = await deliveryModel(db).find({ state: 'sent' }).lean()
      return sent.length === count && sent
    },
    30_000,
  )
}

test('two instances share the work, and each notification goes out once', { timeout: 60_000 }, async () => {
  const { userId } = await userWithBrowser()
  await Promise.all([startWorker(), startWorker()])
  await makeDue(userId, 400)
  await allSettled(400)
  expect(inOrder(counts())).toEqual(inOrder(once(400)))
})

test('kill -9 of the instance that holds a delivery only delays it', { timeout: 60_000 }, async () => {
  const { userId, browser } = await userWithBrowser()
  browser.setBehaviour({ answer: 'hang' }, { answer: 201 })
  const [first, second] = await Promise.all([startWorker(), startWorker()])
  second.kill('SIGSTOP') // so that the first one takes it
  await makeDue(userId, 1)
  await until('the first one is at it', () => service.requests.length === 1, 20_000)
  const [held] = await deliveryModel(db).find().lean()
  expect(held?.claimedBy).toBeDefined()
  first.kill('SIGKILL')
  second.kill('SIGCONT')
  const [sent] = await allSettled(1)
  expect(sent?.attempts).toBe(1)
  expect(service.requests.map(({ answer }) => answer)).toEqual(['hang', 201])
  // Not before the lease was over: until then the first one might have been alive.
  expect(service.requests[1]?.at).toBeGreaterThanOrEqual(
    held?.nextAttemptAt?.getTime() ?? Number.POSITIVE_INFINITY,
  )
})

test('kill -9 in the midst of many: all arrive, and only what was under way may come twice', {
  timeout: 90_000,
}, async () => {
  const { userId } = await userWithBrowser()
  const first = await startWorker()
  await makeDue(userId, 400)
  await until('it is in full swing', () => service.messages.length >= 40, 20_000)
  first.kill('SIGKILL')
  await first.exit
  await startWorker()
  await allSettled(400)
  expect([...counts().keys()].sort((a, b) => a - b)).toEqual([...once(400).keys()])
  expect(service.messages.length - 400).toBeLessThanOrEqual(64)
})

test('a frozen instance holds nobody up, and does no harm when it wakes', { timeout: 60_000 }, async () => {
  const { userId, browser } = await userWithBrowser()
  browser.setBehaviour({ answer: 'hang' }, { answer: 201 })
  const [first, second] = await Promise.all([startWorker(), startWorker()])
  second.kill('SIGSTOP') // so that the first one takes it
  await makeDue(userId, 1)
  await until('the first one is at it', () => service.requests.length === 1, 20_000)
  first.kill('SIGSTOP')
  second.kill('SIGCONT')
  const other = await userWithBrowser()
  await makeDue(other.userId, 1)
  await service.waitForMessages(1)
  expect(service.messages[0]?.endpoint).toBe(other.browser.endpoint)
  await allSettled(2)
  first.kill('SIGCONT')
  first.kill('SIGTERM') // it ends when it has written down what became of its own attempt
  await first.exit
  const sent = await deliveryModel(db).find().lean()
  expect(sent.map(({ state, attempts }) => [state, attempts])).toEqual([
    ['sent', 1],
    ['sent', 1],
  ])
  expect(service.requests).toHaveLength(3)
})

test('an instance that is stopped in order gives back what hangs at once', { timeout: 60_000 }, async () => {
  const { userId, browser } = await userWithBrowser()
  browser.setBehaviour({ answer: 'hang' }, { answer: 201 })
  const first = await startWorker()
  await makeDue(userId, 1)
  await until('the first one is at it', () => service.requests.length === 1, 20_000)
  const stoppedAt = Date.now()
  first.kill('SIGTERM')
  expect(await first.exit).toEqual({ code: 0, signal: null })
  expect(Date.now() - stoppedAt).toBeLessThan(5_000)
  const [free] = await deliveryModel(db).find().lean()
  expect(free).toMatchObject({ state: 'pending', attempts: 0 })
  expect(free?.claimedBy).toBeUndefined()
  await startWorker()
  await allSettled(1)
})
