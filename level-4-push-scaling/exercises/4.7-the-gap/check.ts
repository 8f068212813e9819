import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis } from '@levels/embedded-redis'
import type { Level3Page, Level3Person } from '@levels/promises/dialects/level-3.ts'
import { openLink } from '@levels/promises/links.ts'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import { eventually, LONG_MS, openStage, send } from '../stage.ts'

/** How often the line is down. */
const ROUNDS = 2
/** So often at most: a moment on a machine that stood still is no moment, and tells nothing. */
const TRIES = 6

export async function check(attempt: Attempt): Promise<void> {
  const BEAT_MS = patience(300)
  const stage = await openStage(attempt, { BEAT_MS: String(BEAT_MS) })
  const { redis } = stage
  const line = await openLink({ targets: [`http://127.0.0.1:${redis.address.port}`], name: 'app2 to Redis' })
  attempt.defer(line.close)
  const app1 = await stage.start('app1')
  const far = new URL(redis.uri)
  far.port = String(line.port)
  const app2 = await stage.start('app2', { REDIS_URL: far.href })
  const one = stage.speak(app1)
  const [ann, bob] = [await one.person('ann'), await one.person('bob')]
  const page = await bob.openPage({ urls: [app2.url] })
  const scene = { ann, bob, page }

  attempt.step('bob’s page is at app2; ann sends by app1')
  await shows(attempt, scene, 'one', 'With Redis there, an adapter carries it.')
  const { connections } = line

  attempt.step('Redis is stopped, and stays away')
  await redis.close()
  for (const text of ['two', 'three']) {
    await shows(
      attempt,
      scene,
      text,
      'Redis is away, and the page cannot know that. Where is it, that app2 can read it?',
    )
  }

  attempt.step('Redis is started again at the same address')
  const again = await startRedis({ kind: 'embedded', ...redis.address })
  attempt.defer(again.close)
  await shows(
    attempt,
    scene,
    'four',
    'Redis is back, but what was said before app2 was connected anew, it has not heard.',
  )
  await crosses(scene)

  attempt.step('the line between app2 and Redis is down for a moment, again and again; for app1 all is well')
  for (let rounds = 0, tries = 1; rounds < ROUNDS && tries <= TRIES; tries++) {
    await eventually(() => line.connections >= connections)
    await sleep(2 * BEAT_MS)
    const text = `moment ${tries}`
    const begin = performance.now()
    line.down()
    await send(attempt, ann, bob, text)
    line.up()
    if (performance.now() - begin < BEAT_MS) rounds++
    attempt.expect(
      await page.shows(text, patience(LONG_MS)),
      `App2’s connection to Redis was lost for a moment, app1 published "${text}" meanwhile, without an error, and bob’s page at app2 never got it. What was said before app2 was connected anew, it has not heard.`,
    )
    attempt.saw(`bob’s page at app2 ← "${text}"`)
  }

  const twice = page.shown.filter((text, index) => page.shown.indexOf(text) !== index)
  attempt.expect(twice.length === 0, `Bob’s page shows something twice: ${twice.join(', ')}.`)
}

interface Scene {
  ann: Level3Person
  bob: Level3Person
  page: Level3Page
}

async function shows(attempt: Attempt, { ann, bob, page }: Scene, text: string, why: string): Promise<void> {
  await send(attempt, ann, bob, text)
  attempt.expect(
    await page.shows(text, patience(LONG_MS)),
    `The notification "${text}" was stored by app1, and long after that bob’s page, connected to app2 all the time, has not got it. ${why}`,
  )
  attempt.saw(`bob’s page at app2 ← "${text}"`)
}

/** Until something comes at once: then both instances are at Redis again. */
async function crosses({ ann, bob, page }: Scene): Promise<void> {
  for (let n = 1; n <= 30; n++) {
    await ann.send(bob.name, `there ${n}?`)
    if (await page.shows(`there ${n}?`, patience(100))) return
    await sleep(100)
  }
}
