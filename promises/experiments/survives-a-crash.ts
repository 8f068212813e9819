import { setTimeout as sleep } from 'node:timers/promises'
import type { Arena, Experiment } from '../arena.ts'
import { keepsWhatItAcknowledged } from '../checker.ts'
import type { Person } from '../dialects/dialect.ts'
import { sendOne } from './sending.ts'

const KILLS = 3
const PER_LIFE = 15

/** The server is killed with -9 at random moments while two send, and started again: what it acknowledged is shown. */
export const survivesACrash: Experiment = async (arena) => {
  const { servers } = arena.stage
  if (!servers)
    return { verdict: 'not tried', evidence: 'the server has to be killed: start it with --start' }
  const bob = await arena.person('bob')
  const pages = [await bob.openPage(), await bob.openPage()]
  const senders = [await arena.person('ann'), await arena.person('cem')]
  let isOver = false
  let done = 0
  const sending = senders.map(async (from) => {
    for (let n = 1; !isOver; n++) {
      const { what } = await send(arena, from, bob, n)
      if (what === 'acknowledged') done++
      else await sleep(100)
    }
  })
  for (let kill = 1; kill <= KILLS; kill++) {
    const enough = done + PER_LIFE
    await arena.history.until(() => done >= enough, 10_000)
    await sleep(arena.random.between(0, 30))
    await Promise.all(servers.map((_, index) => arena.kill(index)))
    await Promise.all(servers.map((_, index) => arena.start(index)))
  }
  const enough = done + PER_LIFE
  await arena.history.until(() => done >= enough, 10_000)
  isOver = true
  await Promise.all(sending)
  await arena.settle(pages)
  const result = arena.judge(`over ${KILLS} kills`)
  if (!keepsWhatItAcknowledged(result.counts)) return result
  return { ...result, verdict: 'kept', evidence: result.evidence.split(';')[0] ?? '' }
}

/** At levels 1 and 2 by `POST /notify`, which is there again as soon as the server is. */
function send(arena: Arena, from: Person, to: Person, n: number) {
  const text = arena.text(from, n)
  if (arena.level === 2) return arena.level2.notify(text)
  return sendOne(arena, from, arena.to(to), text, 1_000)
}
