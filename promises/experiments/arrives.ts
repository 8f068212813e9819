import type { Experiment } from '../arena.ts'
import { people, sendMany } from './sending.ts'

const SENDERS = ['ann', 'cem', 'dana', 'eve']
const PER_SENDER = 50

/** Three pages, four senders at once, 200 notifications: each is on each page once. */
export const arrives: Experiment = async (arena) => {
  const bob = await arena.person('bob')
  const pages = [await bob.openPage(), await bob.openPage(), await bob.openPage()]
  const senders = await people(arena, ...SENDERS)
  await Promise.all(senders.map((from) => sendMany(arena, { from, to: arena.to(bob), count: PER_SENDER })))
  await arena.settle(pages)
  return arena.judge(`by ${SENDERS.length} senders to ${pages.length} pages`)
}
