import { startRedis } from '@levels/embedded-redis'
import type { Level3Page, Level3Person } from '@levels/promises/dialects/level-3.ts'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import { LONG_MS, openStage, send } from '../stage.ts'

export async function check(attempt: Attempt): Promise<void> {
  const stage = await openStage(attempt)
  const [app1, app2] = [await stage.start('app1'), await stage.start('app2')]
  const [one, two] = [stage.speak(app1), stage.speak(app2)]
  const [ann, cem, bob] = [await one.person('ann'), await two.person('cem'), await one.person('bob')]
  const pages = [
    { at: 'app1', page: await bob.openPage({ urls: [app1.url] }) },
    { at: 'app2', page: await bob.openPage({ urls: [app2.url] }) },
  ]
  for (const { at, page } of pages) {
    attempt.expect(
      page.instance === at,
      `The page at ${at} was told that it is at ${page.instance}: session:ready says INSTANCE_NAME.`,
    )
  }

  attempt.step('bob has a page at each instance; ann sends by app1, cem by app2')
  await showsEverywhere(attempt, pages, ann, bob, 'one', 'app1')
  await showsEverywhere(attempt, pages, cem, bob, 'two', 'app2')

  attempt.step('Redis is stopped')
  await stage.redis.close()
  for (const [from, at, text] of [
    [ann, 'app1', 'three'],
    [cem, 'app2', 'four'],
  ] as const) {
    await send(attempt, from, bob, text)
    const here = pages.find((each) => each.at === at)
    attempt.expect(
      await here?.page.shows(text, patience(LONG_MS)),
      `Redis is stopped, "${text}" was stored by ${at}, and bob’s page at ${at} itself did not get it. What needs no other instance must not need Redis.`,
    )
    attempt.saw(`bob’s page at ${at} ← "${text}"`)
  }

  attempt.step('Redis is started again at the same address')
  const redis = await startRedis({ kind: 'embedded', ...stage.redis.address })
  attempt.defer(redis.close)
  attempt.expect(
    await comesBack(ann, bob, pages),
    'Redis was stopped and started again, and long after that, what app1 stores still does not reach bob’s page at app2. The connections must come back by themselves.',
  )
  for (const { at, page } of pages) {
    attempt.expect(
      new Set(page.shown).size === page.shown.length,
      `Bob’s page at ${at} shows something twice: ${page.shown.join(', ')}.`,
    )
  }
}

interface Place {
  at: string
  page: Level3Page
}

async function showsEverywhere(
  attempt: Attempt,
  pages: Place[],
  from: Level3Person,
  to: Level3Person,
  text: string,
  by: string,
): Promise<void> {
  await send(attempt, from, to, text)
  for (const { at, page } of pages) {
    attempt.expect(
      await page.shows(text, patience(LONG_MS)),
      `The notification "${text}" was stored by ${by}, and bob’s page at ${at}, connected all the time, did not get it. The sockets of one instance are in its memory: who tells the other one?`,
    )
    attempt.saw(`bob’s page at ${at} ← "${text}"`)
  }
}

/** The connections to Redis come back after a moment, each in its own time: sends until one crosses. */
async function comesBack(from: Level3Person, to: Level3Person, pages: Place[]): Promise<boolean> {
  const far = pages[1]?.page
  for (let n = 1; n <= 20; n++) {
    await from.send(to.name, `back ${n}`)
    if (await far?.shows(`back ${n}`, patience(500))) return true
  }
  return false
}
