import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Arena, Experiment } from '../arena.ts'
import type { Page, Person } from '../dialects/dialect.ts'
import type { Level3Person } from '../dialects/level-3.ts'
import { watchOthers } from '../stall.ts'

const FLOOD_MS = 3_000
const MIDDLE_MS = 250
const LONGEST_TRIP_MS = 5_000
/** Round trips before the flood; a machine on which they take so long, in milliseconds, is too slow to judge by. */
const QUIET_TRIPS = 7
const SLOW_MS = 60
/**
 * So is one on which other programs keep more processors busy meanwhile. Not asked at levels 3 and 4: services of their own
 * would count as other programs.
 */
const MOST_FOR_OTHERS = 0.25
const MOST_GROWTH_BYTES = 300 * 1_048_576

/** One peer sends as fast as it can, while others go on: their round trip, the server's memory, and what the peer got. */
export const flood: Experiment = async (arena) => {
  const bob = await arena.person('bob')
  // They take turns: a server may limit what one person sends in a minute.
  const senders = [await arena.person('ann'), await arena.person('cem'), await arena.person('dora')]
  const senderOf = (n: number) => senders[n % senders.length] ?? bob
  const page = await bob.openPage()
  const quiet: number[] = []
  for (let n = 0; n < QUIET_TRIPS; n++)
    quiet.push(await roundTrip(arena, senderOf(n), bob, page, `before ${n}`))
  const before = memoryOf(arena)
  const { servers, services } = arena.stage
  const others = servers && !services ? watchOthers(servers) : undefined
  const flooder = await startFlooder(arena)
  const trips: number[] = []
  const until = performance.now() + FLOOD_MS
  for (let n = 1; performance.now() < until; n++) {
    trips.push(await roundTrip(arena, senderOf(n), bob, page, n))
  }
  const peak = memoryOf(arena)
  const taken = others?.() ?? 0
  const { sent, refused, ended } = await flooder.stop()
  const [middle, usual] = [middleOf(trips), middleOf(quiet)]
  const unserved = trips.filter((trip) => trip >= LONGEST_TRIP_MS).length
  const growth = before !== undefined && peak !== undefined ? peak - before : undefined

  const says = [
    `${sent.toLocaleString('en')} sent by one peer in ${FLOOD_MS / 1_000} s`,
    ...(arena.level > 1 ? [`${refused} refused, then ${ended ? 'cut' : 'not cut'}`] : []),
    `others’ round trip ${middle} ms in the middle of ${trips.length}${unserved > 0 ? `, ${unserved} not shown within ${LONGEST_TRIP_MS / 1_000} s` : ''}`,
    growth === undefined
      ? 'memory unknown'
      : `memory ${growth < 0 ? '' : '+'}${Math.round(growth / 1_048_576)} MiB`,
  ]
  const isBounded = growth === undefined || growth < MOST_GROWTH_BYTES
  const isRefused = arena.level === 1 || (refused > 0 && ended)
  return {
    ...(taken > MOST_FOR_OTHERS && {
      overload: `other programs kept ${taken.toFixed(1)} processors of this machine busy during the flood`,
    }),
    ...(usual > SLOW_MS && { overload: `this machine takes ${usual} ms for a round trip without any flood` }),
    verdict: middle < MIDDLE_MS && unserved === 0 && isBounded && isRefused ? 'kept' : 'broken',
    evidence: says.join('; '),
  }
}

/**
 * Half of the time passed in round trips that took this long or less. A server that stands still for seconds makes one
 * long trip: the middle one of many short ones would not show it.
 */
function middleOf(trips: readonly number[]): number {
  let left = trips.reduce((sum, trip) => sum + trip, 0) / 2
  for (const trip of [...trips].sort((a, b) => a - b)) {
    left -= trip
    if (left <= 0) return Math.round(trip)
  }
  return Number.POSITIVE_INFINITY
}

/** From sending until the page shows it, or has not shown it in time, in milliseconds. */
async function roundTrip(
  arena: Arena,
  from: Person,
  to: Person,
  page: Page,
  n: number | string,
): Promise<number> {
  const text = arena.text(from, n)
  const began = performance.now()
  await from.send(arena.to(to), text)
  await page.shows(text, LONGEST_TRIP_MS)
  return performance.now() - began
}

function memoryOf({ stage }: Arena): number | undefined {
  const all = stage.servers?.map((server) => server.memory() ?? 0)
  return all?.reduce((sum, each) => sum + each, 0)
}

interface Flooded {
  sent: number
  /** Answers that said no. */
  refused: number
  /** The server has ended its connection. */
  ended: boolean
}

/** A peer that has begun, in a thread of its own, so that it does not slow down those who measure. */
async function startFlooder(arena: Arena): Promise<{ stop(): Promise<Flooded> }> {
  const { level } = arena
  const [url] = arena.stage.urls
  const peer = await arena.person('peer')
  const auth = level === 2 ? { username: peer.name } : { token: (peer as Level3Person).token }
  const worker = new Worker(new URL('./flooder.js', import.meta.url), {
    workerData: { url, level, auth, ms: FLOOD_MS },
  })
  await once(worker, 'message') // it begins
  const result = once(worker, 'message')
  return {
    async stop() {
      const [flooded] = await result
      await worker.terminate()
      return flooded
    },
  }
}
