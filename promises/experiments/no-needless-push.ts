import { setTimeout as sleep } from 'node:timers/promises'
import type { Experiment } from '../arena.ts'
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
  await sendMany(arena, { from: ann, to: sees.name, count: SENT })
  let late = 0
  for (let n = 1; n <= SENT; n++) {
    const began = performance.now()
    await sendOne(arena, ann, reads.name, arena.text(ann, `${n} read elsewhere`))
    await reads.api('POST', '/api/notifications/mark-all-read')
    if (performance.now() - began > PUSH_DELAY_MS) late++ // a busy machine: it was due before it was read
  }
  await sendMany(arena, { from: ann, to: away.name, count: SENT })
  await arena.settle([page])
  if (awayDevice) await untilPushed([awayDevice], SENT, 3 * PUSH_DELAY_MS + 5_000)
  await sleep(500)
  const [seen = 0, read = 0, unseen = 0] = [seesDevice, readsDevice, awayDevice].map(
    (device) => device?.received().length,
  )
  const isKept = seen === 0 && read <= late && unseen === SENT
  return {
    verdict: isKept ? 'kept' : 'broken',
    evidence: `${SENT} seen on a page: ${seen} pushed; ${SENT} read elsewhere: ${read} pushed${late > 0 ? ` (${late} read after ${PUSH_DELAY_MS / 1_000} s: this machine was busy)` : ''}; ${SENT} neither: ${unseen} pushed`,
  }
}
