import { setTimeout as sleep } from 'node:timers/promises'
import type { Arena, Experiment, Result } from '../arena.ts'
import type { Device } from '../dialects/level-4.ts'
import { call } from '../http.ts'
import { PUSH_DELAY_MS } from '../stage.ts'
import { sendMany } from './sending.ts'

const SENT = 10
const WITHIN_MS = 15_000

/** Nobody has a page open. Each device's push service gets each notification once, and only that device can read it. */
export const closedBrowser: Experiment = async (arena) => {
  if (arena.level < 4) return withoutPush(arena)
  const { level4 } = arena
  const bob = await level4.person('bob')
  const ann = await level4.person('ann')
  const devices = [await level4.addDevice(bob), await level4.addDevice(bob)]
  await sendMany(arena, { from: ann, to: bob.name, count: SENT })
  await untilPushed(devices, SENT, WITHIN_MS)
  await sleep(PUSH_DELAY_MS) // a second push of the same would be due by now
  return judgePushes(arena, devices, SENT)
}

/** Levels 1 to 3 have no way to reach a browser that is closed. */
async function withoutPush(arena: Arena): Promise<Result> {
  const [url] = arena.stage.urls
  const body = { endpoint: 'https://push.example.com/x', keys: { p256dh: 'x', auth: 'x' } }
  const { status } = await call(`${url}/api/push/subscriptions`, { method: 'POST', body })
  const evidence = `no page open: 0 pushed, a device has no way to subscribe (POST /api/push/subscriptions: ${status})`
  return { verdict: status >= 400 ? 'broken' : 'kept', evidence }
}

/** Waits until each device got so many; not longer than that, nor when it is told to stop. */
export async function untilPushed(
  devices: readonly Device[],
  count: number,
  withinMs: number,
  stop?: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + withinMs
  const isMissing = () => devices.some((device) => device.received().length < count)
  while (isMissing() && performance.now() < deadline && !stop?.aborted) await sleep(50)
}

/** Each device got each of so many once. */
function judgePushes(arena: Arena, devices: readonly Device[], sent: number): Result {
  const { counts } = arena.judge()
  const perDevice = devices.map((device) => device.received().map(({ message }) => message))
  const different = perDevice.map((messages) => new Set(messages).size)
  const pushed = Math.min(...different)
  const twice = perDevice.reduce((sum, messages, index) => sum + messages.length - (different[index] ?? 0), 0)
  const isKept = pushed === sent && twice === 0
  return {
    verdict: isKept ? 'kept' : 'broken',
    evidence: `${sent} sent, no page open, ${devices.length} devices: ${pushed} pushed to each and read with its keys, ${twice} twice`,
    counts: { ...counts, shown: pushed, lost: sent - pushed, doubled: twice },
  }
}
