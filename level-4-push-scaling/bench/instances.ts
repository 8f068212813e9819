import { byTurns } from '@levels/shared/bench/hood.ts'
import { processorSeconds } from '@levels/shared/bench/process-use.ts'
import { inLanes, newUsers, publisher } from './publishers.ts'
import type { Services } from './services.ts'

const INSTANCES = [1, 2, 4]
const SENDERS = 16
const NOTIFICATIONS = 3_000

/** A table: how much 1, 2 and 4 instances take, and what one notification costs them. Each sender writes to itself. */
export async function benchInstances(services: Services): Promise<void> {
  console.log(`| instances | notifications/s, ${SENDERS} in flight | processor time of all instances, each |`)
  console.log('| --- | --- | --- |')
  for (const count of INSTANCES) {
    const { perSecond, cost } = await measure(services, count, NOTIFICATIONS)
    console.log(`| ${count} | ${perSecond.toFixed(0)} | ${cost.toFixed(2)} ms |`)
  }
}

/** What it costs two instances that one could look under their hood. */
export const benchHood = (services: Services) =>
  byTurns(
    'notifications per second of processor time, two instances',
    async (env) => 1_000 / (await measure(services, 2, 1_000, env)).cost,
    3,
  )

/** What so many instances take, and what one notification costs them, in milliseconds of processor time. */
async function measure(services: Services, count: number, sent: number, env: Record<string, string> = {}) {
  const apps = await Promise.all(
    Array.from({ length: count }, (_, n) =>
      services.start('bench/instance.ts', { INSTANCE_NAME: `app${n + 1}`, ...env }),
    ),
  )
  const users = await newUsers(apps[0]?.url ?? '', SENDERS)
  const senders = users.map(({ token }, n) => publisher(apps[n % count]?.url ?? '', token))
  const send = async (n: number, lane: number) => {
    const { status } = (await senders[lane]?.('me', `Number ${n}`)) ?? { status: 0 }
    if (status !== 201) throw new Error(`not stored: ${status}`)
  }
  await inLanes((sent / 2) * count, SENDERS, send) // warming up
  const used = () => apps.reduce((sum, { pid }) => sum + processorSeconds(pid), 0)
  const before = { time: performance.now(), used: used() }
  await inLanes(sent, SENDERS, send)
  const perSecond = sent / ((performance.now() - before.time) / 1_000)
  const cost = ((used() - before.used) / sent) * 1_000
  await Promise.all(apps.map((app) => app.stop()))
  return { perSecond, cost }
}
