import type { Arena, Experiment } from '../arena.ts'
import type { Page, Person } from '../dialects/dialect.ts'
import { sendOne } from './sending.ts'

const SHOWN_WITHIN_MS = 5_000
const SENT = 5

/** Redis is killed: sending works, and pages of either instance show it within 5 s; again after it is back. */
export const theBusDies: Experiment = async (arena) => {
  const redis = arena.stage.services?.redis
  if (!redis)
    return { verdict: 'not tried', evidence: 'Redis has to be killed: start the servers with --start' }
  const bob = await arena.level3.person('bob')
  const ann = await arena.level3.person('ann')
  const [one = '', two = ''] = arena.stage.urls
  const pages = [await bob.openPage({ urls: [one, two] }), await bob.openPage({ urls: [two, one] })]
  await slowestOf(arena, ann, bob, pages, 'before')
  arena.history.add('redis', 'killed')
  await redis.kill()
  const without = await slowestOf(arena, ann, bob, pages, 'without Redis')
  await redis.start()
  arena.history.add('redis', 'started')
  const after = await slowestOf(arena, ann, bob, pages, 'after')
  await arena.settle(pages)
  const result = arena.judge()
  const times = `the slowest after ${without} s without Redis, ${after} s when it was back`
  const inTime = Math.max(without, after) * 1_000 <= SHOWN_WITHIN_MS
  return { ...result, verdict: inTime ? result.verdict : 'broken', evidence: `${result.evidence}; ${times}` }
}

/** Sends some and returns how long the slowest page took to show one of them, in seconds. */
async function slowestOf(
  arena: Arena,
  from: Person,
  to: Person,
  pages: readonly Page[],
  when: string,
): Promise<number> {
  let slowest = 0
  for (let n = 1; n <= SENT; n++) {
    const text = arena.text(from, `${n} ${when}`)
    const began = performance.now()
    await sendOne(arena, from, to.name, text)
    await Promise.all(pages.map((page) => page.shows(text, SHOWN_WITHIN_MS + 500)))
    slowest = Math.max(slowest, performance.now() - began)
    if (slowest > SHOWN_WITHIN_MS) break // the others would not be faster
  }
  return Math.round(slowest / 100) / 10
}
