import path from 'node:path'
import { runner } from '@levels/shared/dev/typescript.js'
import { afterAll, describe, expect, it } from 'vitest'
import { pool } from './pool.ts'
import { findPromise, type Level, type PromiseId, promises } from './promises.ts'
import { type Outcome, tryLevels } from './run.ts'

const quote = (word: string) => `"${word}"`

/** What the experiments say of a server in liars/. */
function say(level: Level, file: string, ids: readonly PromiseId[], blame = false): Promise<Outcome[]> {
  const script = path.join(import.meta.dirname, 'liars', `${file}.ts`)
  const command = [process.execPath, runner, script].map(quote).join(' ')
  const alone = !ids.includes('the-bus-dies')
  return tryLevels({
    levels: [level],
    promisesOf: () => ids.flatMap((id) => findPromise(id) ?? []),
    seed: 7,
    target: { kind: 'start', command, alone },
    blame,
  })
}

const liars: [PromiseId, Level, evidence: RegExp][] = [
  ['arrives', 1, /200 sent .* 196 shown; 4 lost: 50 of|lost: .* on bob\/1/],
  ['in-order', 1, /out of order: .* on bob\/1/],
  ['foreign-pages', 1, /a WebSocket with Origin http:\/\/localhost:\d+\.evil\.example: 101/],
  ['bad-input', 1, /a message over 64 KiB: neither answered nor cut/],
  ['dead-peer', 1, /still there 5\.\d s after the link stopped/],
  ['goodbye', 1, /still running after 5 s/],
  ['slow-reader', 1, /pongs: (0|1) cut/],
  ['flood', 1, /others’ round trip (\d{3,} ms|.*, \d not shown within 5 s)/],
  [
    'answered',
    2,
    /14 asked, right and wrong: 13 answered as they should be; a room’s name that is none: "no answer/,
  ],
  ['survives-a-cut', 2, /100 sent over 5 cuts of each page's link: 100 acknowledged, \d+ shown; \d+ lost: /],
  ['once', 2, /60 sent over 6 faults .* \d+ twice: /],
  ['right-person', 3, /^GET of one that is somebody else’s: 200/],
  ['survives-absence', 3, /^0 of 50 were told as missed|lost: /],
  ['survives-a-crash', 3, /over 3 kills: \d+ acknowledged, \d+ shown; \d+ lost: /],
  ['sent-twice', 3, /6 sent, 5 of them twice.*; 5 twice: /],
  ['identity', 3, /13 tokens .* REST with another purpose \(aud\): 200/],
  ['token-ends', 3, /^not cut when its token ended/],
  ['sign-out', 3, /^signed out: 0 of 1 sockets cut/],
  ['theft', 3, /^used twice: 401, its socket not cut, the successors: 200, 200/],
  ['closed-browser', 4, /^10 sent, no page open, 2 devices: 0 pushed to each/],
  ['no-needless-push', 4, /^5 seen on a page: 5 pushed; 5 read elsewhere: 5 pushed; 5 neither: 5 pushed/],
  [
    'push-persists',
    4,
    /^429: pushed 0 times later; 500: pushed 0 times later; nothing: (pushed 0 times later|not waited for); 404/,
  ],
  ['an-instance-dies', 4, /while app. died; .* acknowledged, \d+ shown; \d+ lost: /],
  ['the-bus-dies', 4, /the slowest after 5\.\d s without Redis/],
  [
    'safe-endpoints',
    4,
    /14 endpoints that are no push service: \d taken; .*https:\/\/127\.0\.0\.1:\d+\/push\/x: 201/,
  ],
]

const honest: [Level, file: string, ids: PromiseId[]][] = [
  [4, 'start-honest-4', idsOf(4)],
  // Whatever the least server of this level keeps: it is the example in promises/README.md, too.
  [3, '../examples/level-3/main', [...idsOf(3), 'arrives', 'in-order', 'answered', 'survives-a-cut', 'once']],
  [1, 'start-honest', idsOf(1).filter((id) => id !== 'flood')],
  [1, 'start-honest', ['flood']],
  [2, 'start-honest-2', idsOf(2)],
]

function idsOf(level: Level): PromiseId[] {
  return liars.flatMap(([id, at]) => (at === level ? [id] : []))
}

/** What one test looks at; it begins when it is its turn here, whatever order the tests have. */
interface Attempt {
  begin(): void
  outcomes: Promise<Outcome[]>
}

const attempts = new Map<string, Attempt>()
for (const [level, file, ids] of honest) prepare(level, file, ids)
// That the machine stands still explains why a promise is broken; here it has to be.
for (const [id, level] of liars) prepare(level, id, [id], true)

function prepare(level: Level, file: string, ids: readonly PromiseId[], blame = false): void {
  let begin: () => void = () => undefined
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  attempts.set(nameOf(file, ids), { begin, outcomes: begun.then(() => say(level, file, ids, blame)) })
}

function nameOf(file: string, ids: readonly PromiseId[]): string {
  return `${file}: ${ids}`
}

// They mostly wait, so they are tried at the same time: the longest ones begin first. What a flood does to others is
// told by time: those come alone, when the rest is done.
const AT_ONCE = 8
const isFlood = (name: string) => name.endsWith(': flood')
const names = [...attempts.keys()]
let isOver = false
const tried = tryAll(
  names.filter((name) => !isFlood(name)),
  AT_ONCE,
).then(() => tryAll(names.filter(isFlood), 1))

function tryAll(these: readonly string[], atOnce: number): Promise<void> {
  return pool(these, atOnce, async (name) => {
    if (isOver) return
    const attempt = attempts.get(name)
    attempt?.begin()
    await attempt?.outcomes.catch(() => undefined) // its test tells
  })
}

// With -t most attempts are nobody's: those that have begun end here, and their servers with them.
afterAll(async () => {
  isOver = true
  await tried
}, 240_000)

it('each promise has a liar', () => {
  expect(liars.map(([id]) => id).sort()).toEqual(promises.map(({ id }) => id).sort())
})

describe('a server that breaks one promise is caught', { timeout: 240_000 }, () => {
  it.each(liars)('%s, at level %i', async (id, _level, evidence) => {
    const [result] = (await attempts.get(nameOf(id, [id]))?.outcomes) ?? []
    expect(result).toMatchObject({ verdict: 'broken', evidence: expect.stringMatching(evidence) })
  })
})

it.each(honest)(
  'a server that keeps all of them is not, at level %i',
  { timeout: 240_000 },
  async (_level, file, ids) => {
    const results = (await attempts.get(nameOf(file, ids))?.outcomes) ?? []
    expect(results.length).toBeGreaterThan(0)
    expect(results.map(({ verdict, evidence }) => `${verdict}: ${evidence}`)).toEqual(
      results.map(() => expect.stringMatching(/^kept/)),
    )
  },
)
