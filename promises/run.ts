import { availableParallelism } from 'node:os'
import { type Arena, openArena, type Result } from './arena.ts'
import { experiments, type Plan } from './experiments/index.ts'
import type { Entry } from './history.ts'
import { pool } from './pool.ts'
import { type Expected, expectedOf, type Level, type Promised } from './promises.ts'
import { openStage, type Stage, type Target } from './stage.ts'
import { watchStalls } from './stall.ts'

export interface RunOptions {
  levels: readonly Level[]
  target: Target
  /** What to try on a level, of all that there is. */
  promisesOf(level: Level): readonly Promised[]
  seed: number
  /** The server gets the blame for whatever breaks: an overloaded machine is no excuse. */
  blame?: boolean
  /** Called as soon as one is tried. */
  onOutcome?(outcome: Outcome): void
  /** Called with something that the person who waits should know. */
  onNote?(note: string): void
}

/** What became of one promise at one level. */
export interface Outcome extends Result {
  promise: Promised
  level: Level
  expected: Expected
  ms: number
  history: readonly Entry[]
  /** It is broken, and this machine may have broken it: what it was too slow for. */
  tooBusy?: string
}

/** Experiments mostly wait: so many go side by side on one stage. */
const SIDE_BY_SIDE = 4
/** And so many stages, each with its own servers and services. */
const STAGES_AT_ONCE = Math.max(4, 2 * availableParallelism())
/** A machine that stands still for longer than this may explain a broken promise, in milliseconds. */
const STALL_MS = 400
const TRIES_ALONE = 3
/** No experiment takes longer, in milliseconds: a server that keeps it waiting for ever has broken the promise. */
const LONGEST_MS = 120_000

/**
 * Tries promises on levels. Those that leave the server alone share a stage and go side by side; those that break it share
 * another, one after the other; those that burden the machine have it to themselves, as far as others do so, too.
 * Rejects with ServerProblem when there is no server to try them on.
 */
export async function tryLevels(options: RunOptions): Promise<Outcome[]> {
  const { levels, promisesOf, target, onOutcome } = options
  const outcomes: Outcome[] = []
  const tell = (outcome: Outcome) => {
    outcomes.push(outcome)
    onOutcome?.(outcome)
  }
  const jobs: Job[] = []
  for (const level of levels) {
    for (const promise of promisesOf(level)) {
      const plan = experiments[promise.id]
      if (expectedOf(promise, level) !== '–') jobs.push({ level, promise, plan })
      else
        tell(
          outcomeOf(promise, level, {
            verdict: 'not offered',
            evidence: `level ${level} has no such thing`,
          }),
        )
    }
  }
  const together = target.kind === 'at' ? [[jobs]] : arrange(jobs)
  const again: Job[] = []
  await pool(together, STAGES_AT_ONCE, async (stages) => {
    for (const stage of stages) {
      await onOneStage(options, stage, (outcome, job) => (outcome.tooBusy ? again.push(job) : tell(outcome)))
    }
  })
  for (const job of again) tell(await tryAlone(options, job))
  const place = ({ level, promise }: Outcome) =>
    levels.indexOf(level) * 1_000 + promisesOf(level).indexOf(promise)
  return outcomes.sort((a, b) => place(a) - place(b))
}

interface Job {
  level: Level
  promise: Promised
  plan: Plan
}

/** What goes side by side: each is a row of stages, and a stage is the jobs that share it. The longest row comes first. */
function arrange(jobs: readonly Job[]): Job[][][] {
  const stages = new Map<string, Job[]>()
  for (const job of jobs) {
    const { level, plan } = job
    const key = JSON.stringify([level, plan.effect, plan.settings])
    stages.set(key, [...(stages.get(key) ?? []), job])
  }
  const all = [...stages.values()].map((those) => those.sort((a, b) => rank(b) - rank(a)))
  const burdens = all.filter(([job]) => job?.plan.effect === 'burdens')
  const others = all.filter((those) => !burdens.includes(those)).sort((a, b) => b.length - a.length)
  return [burdens, ...others.map((those) => [those])]
}

const rank = ({ plan }: Job) => (plan.isLong ? 1 : 0)

async function onOneStage(
  options: RunOptions,
  jobs: readonly Job[],
  tell: (outcome: Outcome, job: Job) => void,
): Promise<void> {
  const [first] = jobs
  if (!first) return
  const { target } = options
  const stage = await openStage(target, first.level, first.plan.settings)
  const sideBySide = target.kind === 'at' || first.plan.effect ? 1 : SIDE_BY_SIDE
  try {
    await pool(jobs, sideBySide, async (job) => tell(await tryOne(options, stage, job), job))
  } finally {
    await stage.close()
  }
}

async function tryOne(options: RunOptions, stage: Stage, { level, promise, plan }: Job): Promise<Outcome> {
  const { seed, blame = false, onNote } = options
  const expected = expectedOf(promise, level)
  const stalls = watchStalls()
  const began = performance.now()
  const arena = openArena(stage, seed, promise.id)
  try {
    const result = await attemptOne(arena, plan, expected)
    const stall = stalls.longest()
    const ms = Math.round(performance.now() - began)
    const outcome = { ...outcomeOf(promise, level, result), ms, history: arena.history.entries }
    const tooBusy =
      stall > STALL_MS ? `this machine stood still for ${(stall / 1_000).toFixed(1)} s` : result.overload
    if (result.verdict !== 'broken' || expected === '✗' || blame || tooBusy === undefined) return outcome
    onNote?.(`level ${level}, ${promise.id}: ${tooBusy}: tried again, when all else is done`)
    return { ...outcome, tooBusy }
  } finally {
    arena.close()
    stalls.stop()
  }
}

/**
 * A promise that is broken while this machine stands still is tried again, without anything else: overload is no
 * evidence. When it never stands otherwise, nothing could be tried.
 */
async function tryAlone(options: RunOptions, job: Job): Promise<Outcome> {
  for (let attempt = 1; ; attempt++) {
    const outcomes: Outcome[] = []
    await onOneStage(options, [job], (outcome) => outcomes.push(outcome))
    const [{ tooBusy, ...outcome }] = outcomes as [Outcome]
    if (!tooBusy) return outcome
    if (attempt < TRIES_ALONE) continue
    const evidence = `${tooBusy}, also alone, at the ${attempt}rd try: too busy to tell; the last one: ${outcome.evidence}`
    return { ...outcome, verdict: 'not tried', evidence }
  }
}

/** An experiment that fails is a broken promise; but that a promise is not made must be shown, not stumbled over. */
async function attemptOne(arena: Arena, { run }: Plan, expected: Expected): Promise<Result> {
  const late = `not over after ${LONGEST_MS / 1_000} s`
  try {
    return await Promise.race([run(arena), after(LONGEST_MS, { verdict: 'broken', evidence: late } as const)])
  } catch (error) {
    const at = arena.history.entries.at(-1)?.at ?? 0
    const verdict = expected === '✓' ? 'broken' : 'not tried'
    return { verdict, evidence: (error as Error).message, first: { at, page: '' } }
  }
}

function after<T>(ms: number, value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(resolve, ms, value).unref())
}

function outcomeOf(promise: Promised, level: Level, result: Result): Outcome {
  return { ...result, promise, level, expected: expectedOf(promise, level), ms: 0, history: [] }
}
