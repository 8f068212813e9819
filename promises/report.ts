import { shortName } from './arena.ts'
import { lessonOf } from './lessons.ts'
import type { Promised } from './promises.ts'
import type { Outcome } from './run.ts'

const SIGNS = { kept: '✓', broken: '✗', 'not offered': '–', 'not tried': '?' } as const
const LONGEST_VERDICT = 'broken'.length + 2
const LONGEST_ID = 18
const ON_THE_WIRE = 20

/** One promise in one line: `✓ kept    once              60 sent …` */
export function lineOf({ verdict, promise, evidence, expected }: Outcome): string {
  const aside = verdict === 'broken' && expected === '✗' ? ' (this level does not promise it)' : ''
  const padded = verdict.padEnd(LONGEST_VERDICT)
  const gap = padded.endsWith(' ') ? '' : '  '
  return `${SIGNS[verdict]} ${padded}${gap}${promise.id.padEnd(LONGEST_ID)}${evidence}${aside}`
}

/** What is told of a failure. */
type Happened = Pick<Outcome, 'level' | 'history' | 'first'>

/** What a broken promise goes on with: what to read, and what crossed the wire before the first failure. */
export function detailsOf(promise: Promised | undefined, { level, history, first }: Happened): string[] {
  const until = first?.at ?? Number.POSITIVE_INFINITY
  const seen = history.filter(({ at }) => at <= until)
  const ofPage = seen.filter(({ who, what }) => who === first?.page || what !== 'wire')
  const last = (ofPage.some(({ what }) => what === 'wire') ? ofPage : seen).slice(-ON_THE_WIRE)
  return [
    ...(promise ? [`  read: ${lessonOf(promise, level)}`] : []),
    `  the last ${last.length} things before the first failure:`,
    ...last.map(({ at, who, what, message, note }) => {
      const more = [what === 'wire' ? '' : what, message, note].filter(Boolean).join(' ')
      return `  ${(at / 1_000).toFixed(3).padStart(8)} s  ${shortName(who).padEnd(14)} ${more}`
    }),
  ]
}

interface JsonOutcome extends Pick<Outcome, 'level' | 'verdict' | 'evidence' | 'counts' | 'ms'> {
  promise: { id: string; group: string }
}

/** What `--json` writes. */
export function jsonOf(seed: number, server: string, outcomes: readonly JsonOutcome[]): object {
  return {
    seed,
    server,
    results: outcomes.map(({ promise, level, verdict, evidence, counts, ms }) => ({
      id: promise.id,
      group: promise.group,
      level,
      verdict,
      evidence,
      counts: counts ?? {
        sent: 0,
        acknowledged: 0,
        shown: 0,
        lost: 0,
        doubled: 0,
        phantom: 0,
        disordered: 0,
      },
      ms,
    })),
  }
}

/**
 * 1: a promise of that level was broken (or, for the whole table, one is kept that no level promises); 2: one could not
 * be tried; 0: all were kept.
 */
export function exitCodeOf(outcomes: readonly Outcome[], isTable: boolean): number {
  const isWrong = ({ verdict, expected }: Outcome) =>
    (verdict === 'broken' && expected === '✓') || (isTable && verdict === 'kept' && expected === '✗')
  if (outcomes.some(isWrong)) return 1
  return outcomes.some(({ verdict }) => verdict === 'not tried') ? 2 : 0
}
