import { setTimeout as sleep } from 'node:timers/promises'
import { type Arena, openArena, type Result } from '../arena.ts'
import type { Level3Page, Level3Person } from '../dialects/level-3.ts'
import type { Entry } from '../history.ts'
import { ServerProblem } from '../server-process.ts'
import { openStage, type Stage, type Target } from '../stage.ts'
import { watchStalls } from '../stall.ts'
import { TookTooLong, within } from '../within.ts'
import { type Parts, type Track, tracksOf } from './faults.ts'
import { judgeChaos } from './judge.ts'
import { type Load, sendAll } from './load.ts'
import { addPhone, type Phone } from './phone.ts'
import { planFaults } from './plan.ts'

/** A stretch of time in which something was broken, in milliseconds since the history began. */
export interface FaultBar {
  kind: string
  from: number
  to: number
}

export interface ChaosOutcome extends Result {
  history: readonly Entry[]
  faults: readonly FaultBar[]
}

export interface ChaosOptions {
  level: 3 | 4
  target: Target
  seed: number
  seconds: number
  /** How many are sent in all, a second (200). */
  perSecond?: number
  /** Called with something that the person who waits should know. */
  onNote(note: string): void
}

const RECEIVERS = ['bob', 'cleo', 'dan', 'eve']
const PAGES_EACH = 2
const SENDERS = 40
const MESSAGES_A_SECOND = 200
/** To someone who has no page open, of so many: one. */
const ONE_IN_TO_AWAY = 20

// Every wait has an end, in milliseconds. What is not over by then is told.
const COME_MS = 90_000
/** A server that was killed may be slow to start on a busy machine. */
const LAST_FAULT_MS = 95_000
const LAST_ANSWERS_MS = 40_000
const PAGES_MS = 45_000
/**
 * A push that met four faults in a minute is tried for the fifth time 125 to 150 s after the last of them (1, 5, 25, 125 s,
 * and up to a fifth more); one whose instance was killed is another's 15 s later, and a silent service costs 10 s.
 */
const PUSHES_MS = 180_000
const CLOSE_MS = 20_000

/**
 * Random faults of every kind that the level has, for so many seconds, while many send. Afterwards all is mended, and
 * whatever was acknowledged has to be shown, once. Rejects with ServerProblem when there is no server.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const { target, level, seed, onNote } = options
  const settings = { NOTIFICATIONS_PER_MINUTE: '1000000' }
  const stage = await openStage(target, level, settings)
  const arena = openArena(stage, seed, 'chaos', { keepsConnections: true })
  const faults: FaultBar[] = []
  const ending = new AbortController()
  try {
    const result = await breakWhileSending(arena, stage, options, faults, ending)
    return { ...result, history: arena.history.entries, faults }
  } catch (error) {
    // Whoever started once and does not come back has broken something.
    if (!(error instanceof TookTooLong || error instanceof ServerProblem)) throw error
    const first = { at: arena.history.now(), page: '' }
    return { verdict: 'broken', evidence: error.message, first, history: arena.history.entries, faults }
  } finally {
    ending.abort()
    arena.close()
    await within('ending the servers', CLOSE_MS, stage.close()).catch((late: Error) => onNote(late.message))
  }
}

async function breakWhileSending(
  arena: Arena,
  stage: Stage,
  { seconds, perSecond = MESSAGES_A_SECOND, onNote }: ChaosOptions,
  faults: FaultBar[],
  ending: AbortController,
): Promise<Result> {
  const { parts, phone, away } = await within('people signing up', COME_MS, gather(arena))
  onNote(
    `${parts.senders.length} senders, ${parts.pages.length} pages, ${parts.devices.length} devices; ` +
      `${seconds} s of faults under ${perSecond} messages a second`,
  )
  const stalls = watchStalls()
  const began = performance.now()
  const isOver = () => ending.signal.aborted || performance.now() - began > seconds * 1_000
  const load: Load = {
    senders: parts.senders,
    receivers: [...new Set(parts.pages.map(({ of }) => of))],
    ...(away && { away: { name: away.name, oneIn: ONE_IN_TO_AWAY } }),
    perSecond,
    isOver,
  }
  const sending = sendAll(arena, load)
  const breaking = Promise.all(
    tracksOf(arena, parts).map((track) => breakThings(arena, track, faults, isOver)),
  )
  const telling = tellProgress(arena, seconds, faults, isOver, onNote)
  const all = Promise.all([breaking, telling])
  sending.catch(() => undefined) // it is waited for below, unless something else ends the run
  await within('mending what was broken', seconds * 1_000 + LAST_FAULT_MS, all)
  onNote('all is mended: waiting for the last answers, pages and pushes')
  await within('the last answers to senders', LAST_ANSWERS_MS, sending)
  const sendingS = (performance.now() - began) / 1_000
  await within('the pages', 2 * PAGES_MS, arena.settle(parts.pages, PAGES_MS))
  if (phone && away) await phone.until(acknowledgedFor(arena, away.name), PUSHES_MS)
  const stall = stalls.longest()
  stalls.stop()
  phone?.stop()
  return judgeChaos(arena.history.entries, {
    faults,
    sendingS,
    wantedPerSecond: perSecond,
    again: phone?.again() ?? 0,
    stallMs: stall,
    hasPush: stage.level === 4,
  })
}

/** Everybody comes at once: servers let a few wait in line for their password to be hashed. */
async function gather(
  arena: Arena,
): Promise<{ parts: Parts; phone: Phone | undefined; away: Level3Person | undefined }> {
  const labels = Array.from({ length: SENDERS }, (_, index) => `s${index + 1}`)
  const [senders, receivers] = await Promise.all([
    Promise.all(labels.map((label) => arena.level3.person(label))),
    Promise.all(RECEIVERS.map((label) => arena.level3.person(label))),
  ])
  const owners = receivers.flatMap((owner) => Array<Level3Person>(PAGES_EACH).fill(owner))
  const pages: Level3Page[] = await Promise.all(owners.map((owner) => owner.openPage({ renews: true })))
  if (arena.level < 4)
    return { parts: { pages, owners, senders, devices: [] }, phone: undefined, away: undefined }
  const away = await arena.level4.person('away')
  const phone = await addPhone(arena, away)
  return { parts: { pages, owners, senders, devices: [phone.device] }, phone, away }
}

/** One fault after the other, until it is over; whatever is broken then is mended. */
async function breakThings(
  { random, history }: Arena,
  { name, rhythm, kinds }: Track,
  bars: FaultBar[],
  isOver: () => boolean,
): Promise<void> {
  for (const { kind, afterMs, forMs, which } of planFaults(random.fork(name), [...kinds.keys()], rhythm)) {
    await pause(afterMs, isOver)
    if (isOver()) return
    const those = kinds.get(kind) ?? []
    const fault = those[which % those.length]
    const from = history.now()
    await fault?.begin()
    if (fault?.end) {
      await pause(forMs, isOver)
      await fault.end()
    }
    bars.push({ kind, from, to: history.now() })
  }
}

/** Sleeps; less when it is over. */
async function pause(ms: number, isOver: () => boolean): Promise<void> {
  for (let left = ms; left > 0 && !isOver(); left -= 100) await sleep(Math.min(left, 100))
}

const TELL_EVERY_S = 10

async function tellProgress(
  { history }: Arena,
  seconds: number,
  faults: readonly FaultBar[],
  isOver: () => boolean,
  onNote: (note: string) => void,
): Promise<void> {
  const count = { send: 0, acknowledged: 0, shown: 0 }
  const stop = history.watch(({ what }) => {
    if (what === 'send' || what === 'acknowledged' || what === 'shown') count[what]++
  })
  for (let at = TELL_EVERY_S; at < seconds && !isOver(); at += TELL_EVERY_S) {
    await pause(TELL_EVERY_S * 1_000, isOver)
    const numbers = `${count.acknowledged} acknowledged, ${count.shown} shown on pages`
    if (!isOver()) onNote(`${at} s: ${faults.length} faults, ${numbers}`)
  }
  await pause(seconds * 1_000, isOver)
  stop()
}

/** The texts that the server says it has for this person. */
function acknowledgedFor({ history }: Arena, name: string): Set<string> {
  const sent = new Set(
    history.entries.flatMap(({ what, to, message }) =>
      what === 'send' && message !== undefined && to?.includes(name) ? [message] : [],
    ),
  )
  return new Set(
    history.entries.flatMap(({ what, message = '' }) =>
      what === 'acknowledged' && sent.has(message) ? [message] : [],
    ),
  )
}
