import { connectDatabase, createModels } from '@levels/3-jwt-notifications/src/doors.ts'
import { residentBytes } from '@levels/shared/bench/process-use.ts'
import { verdict } from '@levels/shared/bench/verdict.ts'
import { startPushService } from '@levels/shared/testing/push-service.ts'
import type { Services } from './services.ts'
import { logIn } from './sign-in.ts'

const PUSHES = 5_000
const DEVICES = 10
const MIN_PER_SECOND = 1_000
const MAX_GROWTH_MIB = 200

/** A backlog of pushes, from the first to the last that the push service took, and what it costs the instance. */
export async function benchPushes(services: Services): Promise<void> {
  const service = await startPushService()
  const app = await services.start('bench/instance.ts', {
    PUSH_CA_FILE: service.caFile,
    PUSH_ALLOWED_HOSTS: `localhost:${service.port}`,
  })
  const token = await logIn(app.url, 'bob')
  for (let device = 0; device < DEVICES; device++) {
    const { status } = await fetch(`${app.url}/api/push/subscriptions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(service.subscribe()),
    })
    if (status !== 201) throw new Error(`not subscribed: ${status}`)
  }

  const before = residentBytes(app.pid)
  let peak = before
  const sampling = setInterval(() => {
    peak = Math.max(peak, residentBytes(app.pid))
  }, 250)
  await makeDue(services.mongo, PUSHES / DEVICES)
  await service.waitForMessages(1, 60_000)
  const first = performance.now()
  await service.waitForMessages(PUSHES, 120_000)
  const seconds = (performance.now() - first) / 1_000
  clearInterval(sampling)
  await app.stop()
  await service.close()

  const perSecond = PUSHES / seconds
  const growth = (peak - before) / 2 ** 20
  console.log(
    `${PUSHES} pushes: ${perSecond.toFixed(0)} a second ` +
      `(at least ${MIN_PER_SECOND}: ${verdict(perSecond >= MIN_PER_SECOND)}), ` +
      `memory grew by ${growth.toFixed(0)} MiB (at most ${MAX_GROWTH_MIB}: ${verdict(growth <= MAX_GROWTH_MIB)})`,
  )
}

/** That many notifications in bob's log, due now: each goes to all of his devices. */
async function makeDue(mongodbUri: string, count: number): Promise<void> {
  const db = await connectDatabase(mongodbUri)
  const { Notification, User } = createModels(db)
  const bob = await User.findOne({ usernameKey: 'bob' }).orFail()
  const last = await Notification.findOne({ userId: bob._id }).sort({ seq: -1 })
  const dueAt = new Date()
  await Notification.insertMany(
    Array.from({ length: count }, (_, index) => ({
      userId: bob._id,
      seq: (last?.seq ?? 0) + index + 1,
      type: 'message',
      title: `Number ${index + 1}`,
      message: 'Hello',
      createdAt: dueAt,
      channels: { push: { dueAt } },
    })),
  )
  await db.close()
}
