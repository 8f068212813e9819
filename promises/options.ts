import { parseArgs } from 'node:util'
import { findPromise, type Level, type Promised, promises } from './promises.ts'
import type { Target } from './stage.ts'

export interface Options {
  levels: readonly Level[]
  target: Target
  promises: readonly Promised[]
  /** Whether promises were chosen by name. */
  only: boolean
  seed: number
  /** Files to write. */
  json?: string
  history?: string
  /** So many seconds of random faults, instead of one promise after the other. */
  chaos?: Chaos
  list: boolean
  write: boolean
  /** What is tried, in words. */
  server: string
}

export interface Chaos {
  level: 3 | 4
  seconds: number
  /** The file for a picture of it. */
  picture?: string
}

/** The command line cannot be understood; the message is one line that says what to write instead. */
export class UsageProblem extends Error {}

const LEVELS: readonly Level[] = [1, 2, 3, 4]
const spec = {
  at: { type: 'string' },
  start: { type: 'string' },
  only: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'string' },
  history: { type: 'string' },
  chaos: { type: 'string' },
  picture: { type: 'string' },
  list: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
} as const

/** Reads the arguments behind `npm run prove`. Throws UsageProblem. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args)
  const level = readLevel(positionals)
  const { at, start, write, list } = values
  if ((at ?? start) !== undefined && level === undefined) {
    throw new UsageProblem(
      'which level does your server speak? Write it first, as in: npm run prove 3 -- --at URL',
    )
  }
  if (at !== undefined && start !== undefined) {
    throw new UsageProblem(
      '--at is for a server that runs, --start for one to be started: choose one of them',
    )
  }
  if (write && (level !== undefined || values.only !== undefined)) {
    throw new UsageProblem('--write fills the whole table: leave the level and --only away')
  }
  const chaos = readChaos(values, level)
  return {
    ...(chaos && { chaos }),
    levels: level === undefined ? LEVELS : [level],
    target: readTarget(at, start, level),
    promises: readOnly(values.only),
    only: values.only !== undefined,
    seed: readSeed(values.seed),
    ...(values.json !== undefined && { json: values.json }),
    ...(values.history !== undefined && { history: values.history }),
    list,
    write,
    server: at ?? start ?? (level === undefined ? 'all levels' : `level ${level}`),
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: spec, allowPositionals: true })
  } catch (error) {
    const [firstSentence] = (error as Error).message.split('. ')
    throw new UsageProblem(`${firstSentence}: there are --${Object.keys(spec).join(', --')}`)
  }
}

function readLevel([text, ...more]: readonly string[]): Level | undefined {
  if (text === undefined) return undefined
  const level = LEVELS.find((each) => String(each) === text)
  if (level === undefined) throw new UsageProblem(`There is no level "${text}": choose 1, 2, 3 or 4`)
  if (more.length > 0) throw new UsageProblem(`One level at a time: "${more.join(' ')}" is too much`)
  return level
}

function readTarget(at: string | undefined, start: string | undefined, level: Level | undefined): Target {
  if (start !== undefined) {
    if (start.trim() === '')
      throw new UsageProblem('--start needs a command, as in: --start "python server.py"')
    return { kind: 'start', command: start }
  }
  if (at === undefined) return { kind: 'ours' }
  const urls = at.split(',').map((text) => readUrl(text.trim()))
  const [first, ...others] = urls
  if (first === undefined || (others.length > 0 && level !== 4)) {
    throw new UsageProblem(
      '--at takes one address; only level 4 has instances: --at http://localhost:3000,http://localhost:3001',
    )
  }
  return { kind: 'at', urls: [first, ...others] }
}

function readUrl(text: string): string {
  const cure = 'write it like http://localhost:5000'
  if (!URL.canParse(text)) throw new UsageProblem(`--at "${text}" is no address: ${cure}`)
  const { protocol, origin, pathname } = new URL(text)
  if (protocol === 'https:') {
    throw new UsageProblem(`--at "${text}": the links that are cut speak plain http, ${cure}`)
  }
  if (protocol !== 'http:' || pathname !== '/')
    throw new UsageProblem(`--at "${text}" is no server’s address: ${cure}`)
  return origin
}

function readOnly(text: string | undefined): readonly Promised[] {
  if (text === undefined) return promises
  return text.split(',').map((id) => {
    const found = findPromise(id.trim())
    if (found) return found
    throw new UsageProblem(`There is no promise "${id.trim()}": npm run prove -- --list shows all of them`)
  })
}

/** Far more than anybody waits for; what is written down grows with it. */
const MOST_SECONDS = 300

function readChaos(
  { chaos, picture, at, only, write }: ReturnType<typeof parse>['values'],
  level: Level | undefined,
): Chaos | undefined {
  if (chaos === undefined) {
    if (picture === undefined) return undefined
    throw new UsageProblem('--picture draws what --chaos does: add --chaos 60')
  }
  const seconds = Number(chaos)
  if (!/^\d{1,3}$/.test(chaos) || seconds < 1 || seconds > MOST_SECONDS) {
    throw new UsageProblem(`--chaos "${chaos}" is no number of seconds from 1 to ${MOST_SECONDS}`)
  }
  if (level !== 3 && level !== 4) {
    throw new UsageProblem('--chaos is for levels 3 and 4: npm run prove 4 -- --chaos 60')
  }
  if (at !== undefined) throw new UsageProblem('--chaos kills servers: use --start instead of --at')
  if (only !== undefined || write) throw new UsageProblem('--chaos goes without --only and --write')
  return { level, seconds, ...(picture !== undefined && { picture }) }
}

function readSeed(text: string | undefined): number {
  if (text === undefined) return Math.floor(Math.random() * 1_000_000)
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new UsageProblem(`--seed "${text}" is no number from 0 to 999999999`)
}
