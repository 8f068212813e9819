import { setTimeout as sleep } from 'node:timers/promises'
import type { Experiment } from '../arena.ts'
import { MARKER } from '../history.ts'
import { PUSH_DELAY_MS } from '../stage.ts'
import { untilPushed } from './closed-browser.ts'
import { sendMany, sendOne } from './sending.ts'

const SENT = 5

/** What was seen on a page in time, or read elsewhere, is not pushed; what was neither, is: so silence says something. */
export const noNeedlessPush: Experiment = async (arena) => {
  const { level4 } = arena
  const [ann, sees, reads, away] = [
    await level4.person('ann'),
    await level4.person('sees'),
    await level4.person('reads'),
    await level4.person('away'),
  ]
  const devices = [await level4.addDevice(sees), await level4.addDevice(reads), await level4.addDevice(away)]
  const [seesDevice, readsDevice, awayDevice] = devices
  const page = await sees.openPage()
  await away.openPage({ hidden: true }) // a tab in the background: nobody looks at it
  /** Sends five, and does something about each at once. Returns how many were due before that was done: a busy machine. */
  const eachInTime = async (to: string, what: string, act: (text: string) => Promise<unknown>) => {
    let late = 0
    for (let n = 1; n <= SENT; n++) {
      const text = arena.text(ann, `${n} ${what}`)
      const began = performance.now()
      await sendOne(arena, ann, to, text)
      await act(text)
      if (performance.now() - began > PUSH_DELAY_MS) late++
    }
    return late
  }
  const seenLate = await eachInTime(sees.name, 'seen', async (text) => {
    if (await page.shows(text)) await page.ask('notifications:seen', { upTo: page.cursor })
  })
  const readLate = await eachInTime(reads.name, 'read elsewhere', () =>
    reads.api('POST', '/api/notifications/mark-all-read'),
  )
  await sendMany(arena, { from: ann, to: away.name, count: SENT })
  await arena.settle([page])
  if (awayDevice) await untilPushed([awayDevice], SENT, 3 * PUSH_DELAY_MS + 5_000)
  await sleep(500)
  // Markers say that all is through; when they are seen, nobody measures.
  const [seen = 0, read = 0, unseen = 0] = [seesDevice, readsDevice, awayDevice].map(
    (device) => device?.received().filter(({ message }) => !message.startsWith(MARKER)).length,
  )
  const isKept = seen <= seenLate && read <= readLate && unseen === SENT
  const busy = (late: number, done: string) =>
    late > 0 ? ` (${late} ${done} after ${PUSH_DELAY_MS / 1_000} s: this machine was busy)` : ''
  return {
    verdict: isKept ? 'kept' : 'broken',
    evidence: `${SENT} seen on a page: ${seen} pushed${busy(seenLate, 'seen')}; ${SENT} read elsewhere: ${read} pushed${busy(readLate, 'read')}; ${SENT} neither: ${unseen} pushed`,
  }
}
