import { type Arena, openArena, type Result } from './arena.ts'
import { experiments, type Plan } from './experiments/index.ts'
import type { Entry } from './history.ts'
import { type Expected, expectedOf, type Level, type Promised } from './promises.ts'
import { openStage, type Stage, type Target } from './stage.ts'
import { watchStalls } from './stall.ts'

export interface RunOptions {
  level: Level
  target: Target
  /** What to try, of all that there is. */
  promises: readonly Promised[]
  seed: number
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
}

/** Experiments that only wait for one another's processor time run side by side on one stage. */
const SIDE_BY_SIDE = 3
/** A machine that stood still for longer than this explains a broken promise, in milliseconds. */
const STALL_MS = 1_000
const MOST_TRIES = 3
/** No experiment takes longer, in milliseconds: a server that keeps it waiting for ever has broken the promise. */
const LONGEST_MS = 120_000

/**
 * Tries promises on one level: those that leave the server alone side by side on one stage, the others one after the
 * other on another. Rejects with ServerProblem when there is no server to try them on.
 */
export async function tryLevel(options: RunOptions): Promise<Outcome[]> {
  const { level, promises, onOutcome } = options
  const outcomes = new Map<Promised, Outcome>()
  const tell = (outcome: Outcome) => {
    outcomes.set(outcome.promise, outcome)
    onOutcome?.(outcome)
  }
  const offered: Job[] = []
  for (const promise of promises) {
    const plan = experiments[promise.id]
    if (plan && expectedOf(promise, level) !== '–') offered.push({ promise, plan })
    else
      tell(
        outcomeOf(options, promise, { verdict: 'not offered', evidence: `level ${level} has no such thing` }),
      )
  }
  const gentle = offered.filter(({ plan }) => !plan.alone)
  const rough = offered.filter(({ plan }) => plan.alone)
  if (options.target.kind === 'at') await onOneStage(options, offered, 1, tell)
  else {
    await Promise.all([
      onOneStage(options, gentle, SIDE_BY_SIDE, tell),
      ...groupBySettings(rough).map((jobs) => onOneStage(options, jobs, 1, tell)),
    ])
  }
  return promises.flatMap((promise) => outcomes.get(promise) ?? [])
}

interface Job {
  promise: Promised
  plan: Plan
}

function groupBySettings(jobs: readonly Job[]): Job[][] {
  const groups = new Map<string, Job[]>()
  for (const job of jobs) {
    const key = JSON.stringify(job.plan.settings ?? {})
    groups.set(key, [...(groups.get(key) ?? []), job])
  }
  return [...groups.values()]
}

async function onOneStage(
  options: RunOptions,
  jobs: readonly Job[],
  sideBySide: number,
  tell: (outcome: Outcome) => void,
): Promise<void> {
  if (jobs.length === 0) return
  const stage = await openStage(options.target, options.level, jobs[0]?.plan.settings)
  const waiting = [...jobs]
  const work = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) tell(await tryOne(options, stage, job))
  }
  try {
    await Promise.all(Array.from({ length: sideBySide }, work))
  } finally {
    await stage.close()
  }
}

async function tryOne(options: RunOptions, stage: Stage, { promise, plan }: Job): Promise<Outcome> {
  const stalls = watchStalls()
  try {
    for (let attempt = 1; ; attempt++) {
      const began = performance.now()
      const arena = openArena(stage, options.seed, promise.id)
      const result = await attemptOne(arena, plan, expectedOf(promise, options.level))
      arena.close()
      const stall = stalls.longest()
      const outcome = {
        ...outcomeOf(options, promise, result),
        ms: Math.round(performance.now() - began),
        history: arena.history.entries,
      }
      if (result.verdict !== 'broken' || stall < STALL_MS || attempt === MOST_TRIES) return outcome
      const seconds = (stall / 1_000).toFixed(1)
      options.onNote?.(`${promise.id}: this machine stood still for ${seconds} s: tried again`)
    }
  } finally {
    stalls.stop()
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

function outcomeOf({ level }: RunOptions, promise: Promised, result: Result): Outcome {
  return { ...result, promise, level, expected: expectedOf(promise, level), ms: 0, history: [] }
}
