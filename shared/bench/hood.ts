import { watch } from '../hood/watch.ts'
import type { Page } from '../server/page.ts'
import { type Kind, type MeasuredServer, median, withServer } from './compare.ts'
import { verdict } from './verdict.ts'

const AT_LEAST = 0.97
/** Set in the environment of a server that is measured as in development: all of it can be looked at, and nobody does. */
const WATCHED = { WATCHED: '1' }

/** The part of a page that lets one look under the hood, if this process was started as WATCHED. */
export function pageForBench(): Page | undefined {
  if (!process.env.WATCHED) return undefined
  return {
    handle: (_req, _res, next) => next(),
    ownsUpgrade: () => false,
    attach: () => Promise.resolve(),
    watch,
    settle: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}

/** What it costs that one could look under the hood, while nobody does. `measure` counts work done: more is better. */
export async function compareWatched(
  script: string,
  what: string,
  measure: (server: MeasuredServer) => Promise<number>,
): Promise<void> {
  await byTurns(what, (env) => withServer(script, 'level', measure, env))
}

/** Measures with and without being watched, in turn, and prints the medians and their ratio. */
export async function byTurns(
  what: string,
  measure: (env: Record<string, string>) => Promise<number>,
  rounds = 7,
): Promise<void> {
  const results: Record<Kind, number>[] = []
  for (let round = 0; round < rounds; round++) {
    const result = { level: 0, bare: 0 }
    // Who goes first changes: the first finds a cooler processor.
    for (const kind of round % 2 === 0 ? (['bare', 'level'] as const) : (['level', 'bare'] as const))
      result[kind] = await measure(kind === 'level' ? WATCHED : {})
    results.push(result)
  }
  const [watched, alone] = (['level', 'bare'] as const).map((kind) =>
    Math.round(median(results.map((result) => result[kind]))).toLocaleString('en'),
  )
  const ratio = median(results.map(({ level, bare }) => level / bare))
  const floors = results.map(({ bare }) => bare)
  console.log(
    `${what}: ${watched} while nobody looks under the hood, ${alone} without it, ratio ${ratio.toFixed(2)} ` +
      `(at least ${AT_LEAST}: ${verdict(ratio >= AT_LEAST, floors)})`,
  )
}
