import path from 'node:path'
import { type Kind, type MeasuredServer, median, withServer } from '@levels/shared/bench/compare.ts'
import { verdict } from '@levels/shared/bench/verdict.ts'
import { type Inbox, openInbox } from './inbox.ts'

const SERVERS = path.join(import.meta.dirname, 'servers.ts')
const ONE_AT_A_TIME = 500
const MAX_LATENCY_RATIO = 1.25
const IN_FLIGHT = 16
const MIN_RATE_RATIO = 1
const BURST = 300
const BURSTS = 9

/** The level against the least server on the same database, both at once and by turns: what else this machine does hits both. */
export async function compareWithFloor(): Promise<void> {
  await withServer(SERVERS, 'bare', (bare) =>
    withServer(SERVERS, 'level', async (level) => {
      const inboxes = { bare: await openInbox(bare), level: await openInbox(level) }
      await compareRates(inboxes) // first, so that both have compiled their code before each request is timed
      await compareLatency(inboxes)
      for (const inbox of Object.values(inboxes)) inbox.close()
    }),
  )
}

async function compareLatency(inboxes: Record<Kind, Inbox>): Promise<void> {
  const samples: Record<Kind, number[]> = { bare: [], level: [] }
  for (let n = 0; n < ONE_AT_A_TIME; n++) {
    for (const kind of kinds(n)) {
      const started = performance.now()
      const receipt = inboxes[kind].received(1)
      await inboxes[kind].notify()
      samples[kind].push(((await receipt) - started) * 1_000)
    }
  }
  const p50 = { level: median(samples.level), bare: median(samples.bare) }
  const what = 'µs from POST to receipt at the client, one at a time, p50'
  report(
    what,
    p50,
    `at most ${MAX_LATENCY_RATIO}`,
    p50.level / p50.bare <= MAX_LATENCY_RATIO,
    floorsOf(samples.bare),
  )
}

async function compareRates(inboxes: Record<Kind, Inbox>): Promise<void> {
  const seconds: Record<Kind, number[]> = { bare: [], level: [] }
  const processorTime = { bare: 0, level: 0 }
  for (let n = -2; n < BURSTS; n++) {
    for (const kind of kinds(n)) {
      const before = { time: performance.now(), processorTime: await inboxes[kind].processorTime() }
      await burst(inboxes[kind])
      if (n < 0) continue // warming up
      seconds[kind].push((performance.now() - before.time) / 1_000)
      processorTime[kind] += (await inboxes[kind].processorTime()) - before.processorTime
    }
  }
  const rates = { level: BURST / median(seconds.level), bare: BURST / median(seconds.bare) }
  const wanted = `at least ${MIN_RATE_RATIO}`
  const what = `notifications/s with ${IN_FLIGHT} in flight, from POST to receipt`
  report(what, rates, wanted, rates.level / rates.bare >= MIN_RATE_RATIO, seconds.bare)
  // The same without the noise: what else runs on this machine takes no processor time of the server's.
  const all = BURST * BURSTS
  const perSecond = { level: all / processorTime.level, bare: all / processorTime.bare }
  const isMet = perSecond.level / perSecond.bare >= MIN_RATE_RATIO
  report('notifications per second of processor time', perSecond, wanted, isMet, seconds.bare)
}

/** Notifications per second of processor time, after a warm-up. */
export async function measureProcessor(server: MeasuredServer): Promise<number> {
  const inbox = await openInbox(server)
  for (let n = 0; n < 2; n++) await burst(inbox)
  const before = await inbox.processorTime()
  for (let n = 0; n < 4; n++) await burst(inbox)
  const used = (await inbox.processorTime()) - before
  inbox.close()
  return (4 * BURST) / used
}

async function burst(inbox: Inbox): Promise<void> {
  const all = inbox.received(BURST)
  let sent = 0
  const worker = async () => {
    while (sent++ < BURST) await inbox.notify()
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
  await all
}

/** Who goes first changes: the first finds a cooler processor. */
function kinds(round: number): Kind[] {
  return round % 2 === 0 ? ['bare', 'level'] : ['level', 'bare']
}

/** What the least server took, in tenths of all its samples: how steady the machine was. */
function floorsOf(samples: readonly number[]): number[] {
  const tenth = Math.ceil(samples.length / 10)
  return Array.from({ length: 10 }, (_, n) => median(samples.slice(n * tenth, (n + 1) * tenth)))
}

function report(
  what: string,
  { level, bare }: Record<Kind, number>,
  wanted: string,
  isMet: boolean,
  floors: readonly number[],
): void {
  const show = (value: number) => Math.round(value).toLocaleString('en')
  console.log(
    `${what}: level ${show(level)}, bare ${show(bare)}, ratio ${(level / bare).toFixed(2)} (${wanted}: ${verdict(isMet, floors)})`,
  )
}
