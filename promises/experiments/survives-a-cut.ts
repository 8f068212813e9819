import { setTimeout as sleep } from 'node:timers/promises'
import type { Arena, Experiment } from '../arena.ts'
import type { Page } from '../dialects/dialect.ts'
import { people, sendMany } from './sending.ts'

const CUTS = 5

/** Two pages whose links are cut for 0.2 to 2 s, again and again, while 100 are sent over links that hold. */
export const survivesACut: Experiment = async (arena) => {
  const bob = await arena.person('bob')
  const pages = [await bob.openPage(), await bob.openPage()]
  const senders = await people(arena, 'ann', 'cem')
  const sending = senders.map((from) => sendMany(arena, { from, to: arena.to(bob), count: 50, everyMs: 120 }))
  await Promise.all([...sending, ...pages.map((page) => cutOften(arena, page))])
  await arena.settle(pages)
  return arena.judge(`over ${CUTS} cuts of each page's link`)
}

async function cutOften(arena: Arena, { link, name }: Page): Promise<void> {
  const random = arena.random.fork(name.slice(-1))
  for (let cut = 0; cut < CUTS; cut++) {
    await sleep(random.between(100, 400))
    link.down()
    await sleep(random.between(200, 2_000))
    link.up()
  }
}
