import { neverVerdict } from '@levels/shared/bench/verdict.ts'
import { inLanes, newUsers, publisher } from './publishers.ts'
import type { Services } from './services.ts'

const NOTIFICATIONS = 10_000

/** Two healthy instances write to one user's log in turn: none is refused, and the log has no gap. */
export async function benchRefusals(services: Services): Promise<void> {
  const apps = await Promise.all(
    ['app1', 'app2'].map((name) => services.start('bench/instance.ts', { INSTANCE_NAME: name })),
  )
  const [first] = apps
  if (!first) throw new Error('no instance')
  for (const senders of [1, 50]) {
    const users = (await newUsers(first.url, senders)).map(({ token }) =>
      apps.map(({ url }) => publisher(url, token)),
    )
    const to = senders === 1 ? 'alice' : 'bob'
    const refused = new Map<number, number>()
    const numbers = new Set<number>()
    const started = performance.now()
    await inLanes(NOTIFICATIONS, senders, async (n, lane) => {
      // By turns, as a balancer would: one sender's next request goes to the other instance.
      const { status, seq } = (await users[lane]?.[n % 2]?.(to, `Number ${n}`)) ?? { status: 0, seq: 0 }
      if (status === 201) numbers.add(seq)
      else refused.set(status, (refused.get(status) ?? 0) + 1)
    })
    const seconds = (performance.now() - started) / 1_000
    const count = [...refused.values()].reduce((sum, each) => sum + each, 0)
    const gapless = Math.max(...numbers) - Math.min(...numbers) === numbers.size - 1
    const says = [...refused].map(([status, times]) => `, ${times} times ${status}`).join('')
    console.log(
      `${NOTIFICATIONS} to one user through two instances, ${senders} at once, in ${seconds.toFixed(0)} s: ` +
        `${count} refused${says} (at most 0: ${neverVerdict(count)}), ` +
        `${numbers.size} numbers ${gapless ? 'without a gap' : 'WITH A GAP'}`,
    )
  }
  await Promise.all(apps.map((app) => app.stop()))
}
