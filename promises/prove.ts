import { writeFileSync } from 'node:fs'
import { type Options, readOptions, UsageProblem } from './options.ts'
import { promises } from './promises.ts'
import { reach } from './reach.ts'
import { detailsOf, exitCodeOf, jsonOf, lineOf } from './report.ts'
import { type Outcome, tryLevel } from './run.ts'
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
    return await tryAll(options)
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

async function tryAll(options: Options): Promise<number> {
  const { levels, target, seed, promises: chosen } = options
  const outcomes: Outcome[] = []
  const isTable = levels.length > 1
  for (const level of levels) {
    if (isTable) console.log(`Level ${level}`)
    const found = await tryLevel({
      level,
      target,
      seed,
      promises: chosen,
      onOutcome(outcome) {
        // Of a level without such a thing nothing is to be told, unless it was asked for.
        if (outcome.verdict !== 'not offered' || options.only) printOutcome(outcome)
      },
      onNote: (note) => console.log(`  ${note}`),
    })
    outcomes.push(...found)
  }
  if (isTable) console.log(`\n${drawTable(outcomes)}`)
  console.log(`seed ${seed}: --seed ${seed} repeats the faults and texts`)
  writeResults(options, outcomes)
  return exitCodeOf(outcomes, isTable)
}

function printOutcome(outcome: Outcome): void {
  console.log(lineOf(outcome))
  if (outcome.verdict === 'broken' && outcome.expected === '✓') console.log(detailsOf(outcome).join('\n'))
}

function writeResults(options: Options, outcomes: readonly Outcome[]): void {
  const { json, history, write, seed, server } = options
  if (json) writeFileSync(json, `${JSON.stringify(jsonOf(seed, server, outcomes), null, 2)}\n`)
  if (history) {
    const lines = outcomes.flatMap(({ promise, level, history: entries }) =>
      entries.map((entry) => JSON.stringify({ level, promise: promise.id, ...entry })),
    )
    writeFileSync(history, lines.map((line) => `${line}\n`).join(''))
  }
  if (write) {
    writeTable(outcomes)
    console.log(`README.md has the table of ${promises.length} promises`)
  }
}
