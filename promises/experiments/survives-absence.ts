import type { Experiment, Result } from '../arena.ts'
import type { Page } from '../dialects/dialect.ts'
import type { Level3Page } from '../dialects/level-3.ts'
import { sendMany } from './sending.ts'

const SEEN = 5
const SENT = 50

/** The only page is closed, 50 are sent, and a page without any memory comes: all 50 are there, as new. */
export const survivesAbsence: Experiment = async (arena) => {
  const bob = await arena.person('bob')
  const ann = await arena.person('ann')
  const eve = await arena.person('eve')
  const before = await bob.openPage()
  await sendMany(arena, { from: ann, to: arena.to(bob), count: SEEN })
  await arena.settle([before])
  if (arena.level >= 3) await toldSeen(before as Level3Page)
  before.close()
  before.link.close()

  // At level 2 nobody can write to someone who is away: there it goes to everyone.
  await sendMany(arena, { from: eve, to: arena.level === 2 ? '*' : arena.to(bob), count: SENT })
  const fresh = await bob.openPage()
  await arena.settle([fresh])
  const result = arena.judge(`(${SENT} of them while no page was open)`)
  return arena.level >= 3 && result.verdict === 'kept' ? toldApart(result, fresh as Level3Page) : result
}

/** Resolves when the server has acknowledged that everything this page shows was seen. */
async function toldSeen(page: Level3Page): Promise<void> {
  await page.ask('notifications:seen', { upTo: page.cursor ?? 0 })
}

/** What came while away must come as missed, and what was seen before must not. */
function toldApart(result: Result, fresh: Page & { missed: readonly string[] }): Result {
  const seenAgain = fresh.missed.filter((text) => text.includes('of ann'))
  const missed = fresh.missed.filter((text) => text.includes('of eve'))
  if (seenAgain.length === 0 && missed.length === SENT) {
    return { ...result, evidence: `${result.evidence}; ${SENT} told as missed, 0 of the ${SEEN} seen before` }
  }
  return {
    ...result,
    verdict: 'broken',
    evidence: `${missed.length} of ${SENT} were told as missed, and ${seenAgain.length} of ${SEEN} that had been seen before`,
  }
}
