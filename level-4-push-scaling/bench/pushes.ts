import { randomUUID } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connectDatabase, createModels } from '@levels/3-jwt-notifications/src/doors.ts'
import { processorSeconds, residentBytes } from '@levels/shared/bench/process-use.ts'
import { verdict } from '@levels/shared/bench/verdict.ts'
import { makeReceiverKeys, publicKeysOf } from '@levels/shared/testing/push-decrypt.ts'
import { makeTestCertificate } from '@levels/shared/testing/test-certificate.ts'
import type { Services } from './services.ts'
import { logIn } from './sign-in.ts'

/** The first ones find cold code and open the connections: half of the rate that follows. */
const WARM_UP = 1_000
const PUSHES = 5_000
const DEVICES = 10
const MIN_PER_SECOND = 1_000
const MAX_GROWTH_MIB = 200

/** A backlog of pushes: how fast the push service gets them, once the instance is warm, and what they cost the instance. */
export async function benchPushes(services: Services): Promise<void> {
  const service = await startSink()
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
  await makeDue(services.mongo, (WARM_UP + PUSHES) / DEVICES)
  await service.taken(WARM_UP)
  const first = { at: performance.now(), used: processorSeconds(app.pid) }
  await service.taken(WARM_UP + PUSHES)
  const seconds = (performance.now() - first.at) / 1_000
  const used = processorSeconds(app.pid) - first.used
  clearInterval(sampling)
  await app.stop()
  await service.close()

  const perSecond = PUSHES / seconds
  const perProcessorSecond = PUSHES / used
  const growth = (peak - before) / 2 ** 20
  console.log(
    `${PUSHES} pushes: ${perSecond.toFixed(0)} a second ` +
      `(at least ${MIN_PER_SECOND}: ${verdict(perSecond >= MIN_PER_SECOND)}), ` +
      `${perProcessorSecond.toFixed(0)} a second of the instance's processor time ` +
      `(at least ${MIN_PER_SECOND}: ${verdict(perProcessorSecond >= MIN_PER_SECOND)}), ` +
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

/**
 * A push service that takes everything and reads nothing: to check and decrypt each message, as the one for tests does,
 * costs more than to encrypt and sign it, and the instance shares the processors with it.
 */
async function startSink() {
  const { ca, key, cert } = await makeTestCertificate()
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-push-'))
  const caFile = path.join(folder, 'ca.pem')
  await writeFile(caFile, ca)
  let messages = 0
  const arrivals = new EventEmitter()
  const server = createServer({ key, cert }, (request, response) => {
    request.resume().once('end', () => {
      messages++
      response.writeHead(201).end()
      arrivals.emit('message')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    caFile,
    port,
    subscribe: () => ({
      endpoint: `https://localhost:${port}/push/${randomUUID()}`,
      keys: publicKeysOf(makeReceiverKeys()),
    }),
    /** Resolves when so many messages have come. */
    async taken(count: number): Promise<void> {
      while (messages < count) await once(arrivals, 'message', { signal: AbortSignal.timeout(60_000) })
    },
    async close(): Promise<void> {
      server.close()
      server.closeAllConnections()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
