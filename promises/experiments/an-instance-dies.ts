import { setTimeout as sleep } from 'node:timers/promises'
import type { Experiment } from '../arena.ts'
import type { Level3Page } from '../dialects/level-3.ts'
import { people, sendMany } from './sending.ts'

const MOVED_WITHIN_MS = 10_000

/** One of two instances is killed with -9 while sending: its pages move to the other, and nothing is lost. */
export const anInstanceDies: Experiment = async (arena) => {
  const { servers } = arena.stage
  if (!servers || servers.length < 2) {
    return {
      verdict: 'not tried',
      evidence: 'one of two instances has to be killed: start them with --start',
    }
  }
  const bob = await arena.level3.person('bob')
  const pages: Level3Page[] = [await bob.openPage(), await bob.openPage(), await bob.openPage()]
  const [ann, cem] = await people(arena, 'ann', 'cem')
  if (!ann || !cem) throw new Error('nobody to send')
  const victim = arena.random.between(0, 1)
  const onVictim = pages.filter(({ link }) => link.target === servers[victim]?.url)
  const sending = [ann, cem].map((from) => sendMany(arena, { from, to: bob.name, count: 30, everyMs: 50 }))
  await sleep(arena.random.between(300, 900))
  const began = performance.now()
  await arena.kill(victim)
  // What has to move is the page: connected, on the other instance, and told what it missed.
  await Promise.all(onVictim.map((page) => page.ready(MOVED_WITHIN_MS)))
  const seconds = ((performance.now() - began) / 1_000).toFixed(1)
  await Promise.all(sending)
  await arena.start(victim)
  await arena.settle(pages)
  return arena.judge(`while app${victim + 1} died; its ${onVictim.length} pages moved within ${seconds} s`)
}
