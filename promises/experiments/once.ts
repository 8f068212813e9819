import { setTimeout as sleep } from 'node:timers/promises'
import type { Arena, Experiment } from '../arena.ts'
import type { Page } from '../dialects/dialect.ts'
import { people, sendMany } from './sending.ts'

const CUTS = 6

/** Three pages of one person, each on a link that is cut, frozen and slow, so that live and missed overlap. */
export const once: Experiment = async (arena) => {
  const bob = await arena.person('bob')
  const pages = [await bob.openPage(), await bob.openPage(), await bob.openPage()]
  const senders = await people(arena, 'ann', 'cem')
  const sending = senders.map((from) => sendMany(arena, { from, to: arena.to(bob), count: 30, everyMs: 100 }))
  await Promise.all([...sending, ...pages.map((page) => hurt(arena, page))])
  await arena.settle(pages)
  return arena.judge(`over ${CUTS} faults on each of ${pages.length} links`)
}

async function hurt(arena: Arena, { link, name }: Page): Promise<void> {
  const random = arena.random.fork(name.slice(-1))
  for (let cut = 0; cut < CUTS; cut++) {
    await sleep(random.between(50, 400))
    const fault = random.pick(['cut', 'frozen', 'slow'] as const)
    if (fault === 'cut') link.cut()
    else if (fault === 'slow') {
      link.slow(random.between(20, 80))
      await sleep(random.between(50, 300))
      link.slow(0)
      link.cut()
    } else {
      link.freeze()
      await sleep(random.between(50, 300))
      link.thaw()
      link.cut() // what was held back arrives just before the connection goes, and is told again by the next one
    }
  }
}
