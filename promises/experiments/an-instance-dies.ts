import type { Arena, Experiment } from '../arena.ts'
import type { Person } from '../dialects/dialect.ts'
import type { Level3Page } from '../dialects/level-3.ts'
import type { Link } from '../links.ts'
import { sendMany } from './sending.ts'

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
  const [ann, cem] = [await arena.level3.person('ann'), await arena.level3.person('cem')]
  const victim = arena.random.between(0, 1)
  const isThere = ({ link }: { link: Link }) => link.target === servers[victim]?.url
  const onVictim = pages.filter(isThere)
  const sender = isThere(ann) ? ann : cem
  const sending = [ann, cem].map((from) => sendMany(arena, { from, to: bob.name, count: 30, everyMs: 50 }))
  // It dies when it has just acknowledged something: what it had only in memory is lost.
  const enough = arena.random.between(6, 18)
  await arena.history.until(() => acknowledged(arena, sender) >= enough, 10_000)
  const lost = onVictim.map(({ socket }) => new Promise((resolve) => socket.once('disconnect', resolve)))
  const began = performance.now()
  await arena.kill(victim)
  await Promise.all(lost)
  // What has to move is the page: connected, on the other instance, and told what it missed.
  await Promise.all(onVictim.map((page) => page.ready(MOVED_WITHIN_MS)))
  const seconds = ((performance.now() - began) / 1_000).toFixed(1)
  await Promise.all(sending)
  await arena.start(victim)
  await arena.settle(pages)
  return arena.judge(`while app${victim + 1} died; its ${onVictim.length} pages moved within ${seconds} s`)
}

function acknowledged({ history }: Arena, { name }: Person): number {
  return history.entries.filter(({ who, what }) => who === name && what === 'acknowledged').length
}
