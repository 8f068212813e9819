import { setTimeout as sleep } from 'node:timers/promises'
import { type Counts, check, type Finding } from './checker.ts'
import { type Dialect, type DialectOptions, type Page, type Person, tagged } from './dialects/dialect.ts'
import { type Level1, speakLevel1 } from './dialects/level-1.ts'
import { type Level2, speakLevel2 } from './dialects/level-2.ts'
import { type Level3, speakLevel3 } from './dialects/level-3.ts'
import { type Level4, speakLevel4 } from './dialects/level-4.ts'
import { createHistory, type Entry, type History, MARKER } from './history.ts'
import { createRandom, type Random } from './random.ts'
import type { Stage } from './stage.ts'

/** What became of an experiment. */
export interface Result {
  verdict: 'kept' | 'broken' | 'not offered' | 'not tried'
  /** What was seen, in numbers; for `not tried`, what is missing. */
  evidence: string
  counts?: Counts
  /** A broken promise that the machine may have broken: what it was too slow for. */
  overload?: string
  /** Where the first failure is, so that what crossed the wire before it can be told. */
  first?: Pick<Finding, 'at' | 'page'>
}

/** A result that comes out of a history. */
export type Judged = Result & { counts: Counts }

/** One attempt to break one promise. */
export type Experiment = (arena: Arena) => Promise<Result>

/** The place of one experiment: a server to break, people, and a history of all that happens. */
export interface Arena {
  readonly stage: Stage
  readonly level: Stage['level']
  readonly history: History
  readonly random: Random
  readonly dialect: Dialect
  /** The same dialect as what it is at this level; throws at another. */
  readonly level1: Level1
  readonly level2: Level2
  readonly level3: Level3
  readonly level4: Level4
  readonly tag: string
  person(label: string): Promise<Person>
  /** Someone who was made before, by name. */
  knownPerson(name: string): Person
  /** Whom to send to: this person, or everyone where nobody has a name (level 1). */
  to(person: Person): string
  /** The text of a sender's nth notification; each is sent once. */
  text(sender: Person, n: number | string): string
  /** Kills a server with -9 (and starts it again), written into the history. */
  kill(server: number): Promise<void>
  start(server: number): Promise<void>
  /** Resolves when every page shows what it should, or after so many milliseconds; then nothing is under way. */
  settle(pages: readonly Page[], withinMs?: number): Promise<void>
  /** Judges by the history; `what` goes on after "100 sent". */
  judge(what?: string): Judged
  /** How many requests this endpoint of the run's own push service has got. */
  requestsTo(endpoint: string): number
  close(): void
}

const WORDS = [
  'amber',
  'birch',
  'cedar',
  'delta',
  'ember',
  'fjord',
  'grove',
  'heron',
  'ivory',
  'jade',
] as const

export function openArena(
  stage: Stage,
  seed: number,
  id: string,
  more: Pick<DialectOptions, 'keepsConnections'> = {},
): Arena {
  const history = createHistory()
  const random = createRandom(seed).fork(id)
  const tag = Math.random().toString(36).slice(2, 8).padEnd(6, '0')
  const dialect = speak(stage, { urls: stage.urls, history, tag, ...more })
  const people = new Map<string, Person>()
  const used = new Map<string, number>()
  const { person: makePerson } = dialect
  dialect.person = async (label) => {
    const person = await makePerson(label)
    people.set(person.name, person)
    return person
  }
  const only = <T>(levels: readonly number[]): T => {
    if (!levels.includes(stage.level)) throw new Error(`level ${stage.level} has no such thing`)
    return dialect as T
  }
  const serverOf = (index: number) => {
    const server = stage.servers?.[index]
    if (!server) throw new Error('this server was not started here')
    return server
  }
  const serverName = (index: number) => (stage.servers?.length === 1 ? 'server' : `app${index + 1}`)

  const arena: Arena = {
    stage,
    level: stage.level,
    history,
    random,
    dialect,
    tag,
    get level1() {
      return only<Level1>([1])
    },
    get level2() {
      return only<Level2>([2])
    },
    get level3() {
      return only<Level3>([3, 4])
    },
    get level4() {
      return only<Level4>([4])
    },
    person: (label) => dialect.person(label),
    knownPerson(name) {
      const person = people.get(name)
      if (!person) throw new Error(`nobody is called ${name}`)
      return person
    },
    to: (person) => (stage.level === 1 ? '*' : person.name),
    text(sender, n) {
      const label = sender.name.split('-')[0]
      const words = `${n} of ${label}, ${random.fork(`${label} ${n}`).pick(WORDS)}`
      const times = (used.get(words) ?? 0) + 1
      used.set(words, times)
      return tagged(times === 1 ? words : `${words} ${times}`, tag)
    },
    async kill(index) {
      history.add(serverName(index), 'killed')
      await serverOf(index).kill()
    },
    async start(index) {
      await serverOf(index).start()
      history.add(serverName(index), 'started')
    },
    settle: (pages, withinMs = 10_000) => settle(arena, pages, withinMs),
    judge: (what = '') => judge(history.entries, what),
    requestsTo: (endpoint) =>
      stage.services?.push.requests.filter((request) => request.endpoint === endpoint).length ?? 0,
    close: dialect.close,
  }
  return arena
}

function speak(stage: Stage, options: DialectOptions): Dialect {
  if (stage.level === 1) return speakLevel1(options)
  if (stage.level === 2) return speakLevel2(options)
  const push = stage.services?.push
  return stage.level === 4 && push ? speakLevel4({ ...options, pushService: push }) : speakLevel3(options)
}

const GRACE_MS = 300
const GAP_MS = 5_000
const MARK_AGAIN_MS = 200

/**
 * Waits until every page has shown what it should. A marker behind everything else then says that nothing is under way:
 * what would be shown a second time has been shown by then.
 */
async function settle(arena: Arena, pages: readonly Page[], withinMs: number): Promise<void> {
  const { history } = arena
  const began = performance.now()
  const left = () => Math.max(0, withinMs - (performance.now() - began))
  await Promise.all(pages.map((page) => page.ready(left()).catch(() => undefined))) // else its losses tell
  const missing = new Set(
    check(history.entries)
      .findings.filter(({ kind }) => kind === 'lost')
      .map(({ page, message }) => `${page} ${message}`),
  )
  const stop = history.watch(({ who, what, message }) => {
    if (what === 'shown') missing.delete(`${who} ${message}`)
  })
  await sendMarkers(arena, pages, left())
  // What is remembered may come behind the marker, out of a gap that is filled; what is not, never comes.
  const patience = Math.min(left(), arena.level <= 2 ? GRACE_MS : GAP_MS)
  if (missing.size > 0) {
    await history.until(() => missing.size === 0, patience)
    if (arena.level > 2) await sendMarkers(arena, pages, Math.min(left(), 3_000))
  }
  stop()
}

/** Everyone sends a marker to themselves: their pages show it behind everything else. */
async function sendMarkers(arena: Arena, pages: readonly Page[], withinMs: number): Promise<void> {
  const owners = [...new Set(pages.map(({ of }) => of))]
  await Promise.all(
    owners.map(async (name) => {
      const text = tagged(`${MARKER}${++markers} of ${name.split('-')[0]}`, arena.tag)
      const owner = arena.knownPerson(name)
      await mark(arena, owner, text, withinMs)
      const own = pages.filter(({ of }) => of === name)
      await Promise.all(own.map((page) => page.shows(text, withinMs)))
    }),
  )
}

let markers = 0

/** At levels 3 and 4 until it is acknowledged: a service that has just come back may refuse the first one. */
async function mark(arena: Arena, owner: Person, text: string, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs
  while (true) {
    const { what } = await owner.send(arena.to(owner), text, { key: text })
    if (what === 'acknowledged' || arena.level <= 2 || performance.now() > deadline) return
    await sleep(MARK_AGAIN_MS)
  }
}

/** A verdict on delivery: everything was acknowledged, shown, and nothing twice, wrong or out of order. */
export function judge(history: readonly Entry[], what: string): Judged {
  const { counts, findings } = check(history)
  const { sent, acknowledged, shown, doubled } = counts
  const begin = `${sent} sent${what && !what.startsWith(',') ? ' ' : ''}${what}: ${acknowledged} acknowledged, ${shown} shown`
  const [first] = findings
  if (!first && acknowledged === sent && shown === sent) {
    return { verdict: 'kept', evidence: `${begin}, ${doubled} twice`, counts }
  }
  const kinds = (['lost', 'doubled', 'phantom', 'disordered'] as const).flatMap((kind) => {
    const found = findings.filter((finding) => finding.kind === kind)
    return found.length > 0 ? [describe(kind, found)] : []
  })
  const refused = history.find((entry) => entry.what === 'refused' || entry.what === 'unanswered')
  const never = refused && acknowledged < sent ? [`not acknowledged: ${refused.note ?? refused.what}`] : []
  const evidence = [begin, ...kinds, ...never].join('; ')
  return { verdict: 'broken', evidence, counts, ...(first && { first }) }
}

const NAMES = { lost: 'lost', doubled: 'twice', phantom: 'not theirs', disordered: 'out of order' } as const

/** `3 lost: 17 of ann, 18 of ann on bob/2, …` */
function describe(kind: Finding['kind'], found: readonly Finding[]): string {
  const label = ({ message }: Finding) => message.split(',')[0]
  const pages = [...new Set(found.map(({ page }) => page))]
  const parts = pages.slice(0, 3).map((page) => {
    const findings = found.filter((finding) => finding.page === page)
    const some = findings.slice(0, 4).map(label).join(', ')
    return `${some}${findings.length > 4 ? ` and ${findings.length - 4} more` : ''} on ${shortName(page)}`
  })
  return `${found.length} ${NAMES[kind]}: ${parts.join('; ')}${pages.length > 3 ? ' …' : ''}`
}

/** `bob-x8f2k1/2` is `bob/2`. */
export const shortName = (name: string) => name.replace(/-[a-z0-9]{6}\b/, '')
