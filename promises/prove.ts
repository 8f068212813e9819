import { writeFileSync } from 'node:fs'
import { runChaos } from './chaos/chaos.ts'
import { countKinds } from './chaos/judge.ts'
import { drawPicture } from './chaos/picture.ts'
import { type Chaos, type Options, readOptions, UsageProblem } from './options.ts'
import { promises } from './promises.ts'
import { reach } from './reach.ts'
import { detailsOf, exitCodeOf, jsonOf, lineOf } from './report.ts'
import { type Outcome, tryLevels } from './run.ts'
import { ServerProblem } from './server-process.ts'
import { drawTable, writeTable } from './table.ts'

/**
 * `npm run prove`: prints what it finds. Resolves with the exit code: 0 when every promise was kept, 1 when one was
 * broken, 2 when there was no server, nothing to try, or something that could not be tried.
 */
export async function prove(args: readonly string[]): Promise<number> {
  try {
    const options = readOptions(args)
    if (options.list) return list(options)
    if (options.target.kind === 'at') await reach(options.target.urls)
    return options.chaos ? await tryChaos(options, options.chaos) : await tryAll(options)
  } catch (problem) {
    if (!(problem instanceof UsageProblem || problem instanceof ServerProblem)) throw problem
    console.error(problem.message)
    return 2
  }
}

function list({ promises: chosen }: Options): number {
  for (const { id, group, expected, says } of chosen) {
    console.log(`${id.padEnd(18)}${group.padEnd(10)}${expected.join(' ')}  ${says}`)
  }
  return 0
}

async function tryChaos(options: Options, { level, seconds, picture }: Chaos): Promise<number> {
  const { target, seed, server, json, history } = options
  const began = performance.now()
  const onNote = (note: string) => console.log(note)
  const outcome = await runChaos({ level, target, seed, seconds, onNote })
  const { verdict, evidence, faults } = outcome
  const kinds = `faults: ${countKinds(faults)}`
  console.log(`${verdict === 'kept' ? '✓ kept  ' : '✗ broken'}  ${evidence}\n${kinds}`)
  if (verdict !== 'kept') console.log(detailsOf(undefined, { ...outcome, level }).join('\n'))
  console.log(`seed ${seed}: --seed ${seed} repeats the faults and texts`)
  if (picture) {
    const title = [`Level ${level}, ${seconds} s of faults, seed ${seed}`, ...evidence.split('; ')]
    writeFileSync(picture, drawPicture(outcome.history, faults, title))
  }
  if (json) {
    const ms = Math.round(performance.now() - began)
    const result = { ...outcome, promise: { id: 'chaos', group: 'chaos' }, level, ms }
    writeFileSync(json, `${JSON.stringify(jsonOf(seed, server, [result]), null, 2)}\n`)
  }
  if (history) writeFileSync(history, outcome.history.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
  return verdict === 'kept' ? 0 : 1
}

async function tryAll(options: Options): Promise<number> {
  const { levels, target, seed, promises: chosen } = options
  const isTable = levels.length > 1
  const began = performance.now()
  const outcomes = await tryLevels({
    levels,
    target,
    seed,
    promisesOf: () => chosen,
    onOutcome(outcome) {
      // Of a level without such a thing nothing is to be told, unless it was asked for.
      if (outcome.verdict !== 'not offered' || options.only) printOutcome(outcome, isTable)
    },
    onNote: (note) => console.log(`  ${note}`),
  })
  if (isTable) console.log(`\n${drawTable(outcomes)}`)
  console.log(`seed ${seed}: --seed ${seed} repeats the faults and texts`)
  writeResults(options, outcomes, Math.round((performance.now() - began) / 1_000))
  return exitCodeOf(outcomes, isTable)
}

/** Levels go side by side: in a table's lines stands which. */
function printOutcome(outcome: Outcome, withLevel: boolean): void {
  console.log(`${withLevel ? `level ${outcome.level}  ` : ''}${lineOf(outcome)}`)
  if (outcome.verdict === 'broken' && outcome.expected === '✓')
    console.log(detailsOf(outcome.promise, outcome).join('\n'))
}

function writeResults(options: Options, outcomes: readonly Outcome[], seconds: number): void {
  const { json, history, write, seed, server } = options
  if (json) writeFileSync(json, `${JSON.stringify(jsonOf(seed, server, outcomes), null, 2)}\n`)
  if (history) {
    const lines = outcomes.flatMap(({ promise, level, history: entries }) =>
      entries.map((entry) => JSON.stringify({ level, promise: promise.id, ...entry })),
    )
    writeFileSync(history, lines.map((line) => `${line}\n`).join(''))
  }
  if (write) {
    writeTable(outcomes, { seed, seconds })
    console.log(`README.md has the table of ${promises.length} promises`)
  }
}
