import type { Experiment } from '../arena.ts'
import { people, sendMany } from './sending.ts'

/** Three senders at once, each in its own order: each page lists what one of them sent in that order. */
export const inOrder: Experiment = async (arena) => {
  const bob = await arena.person('bob')
  const pages = [await bob.openPage(), await bob.openPage()]
  const senders = await people(arena, 'ann', 'cem', 'dana')
  const to = arena.to(bob)
  await Promise.all(senders.map((from) => sendMany(arena, { from, to, count: 30, pipelined: true })))
  await arena.settle(pages)
  const result = arena.judge(`by ${senders.length} senders`)
  if (result.verdict !== 'kept') return result
  return { ...result, evidence: `${result.evidence}, 0 out of order` }
}
