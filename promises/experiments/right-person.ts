import { setTimeout as sleep } from 'node:timers/promises'
import type { Arena, Experiment, Result } from '../arena.ts'
import { type Level3Page, type Level3Person, PASSWORD } from '../dialects/level-3.ts'
import { call } from '../http.ts'
import { sendMany } from './sending.ts'

const SENT = 5

/** Private ones reach their person alone; and somebody who comes after that person left is somebody else. */
export const rightPerson: Experiment = async (arena) => {
  return arena.level === 2 ? afterTheNameWasFree(arena) : afterTheAccountWasThere(arena)
}

/** Level 2 leaves a name taken for 3 s after its last page closed on purpose; a busy machine takes its time. */
const NAME_FREE_WITHIN_MS = 15_000

/** Level 2: a name belongs to whoever is here; who comes next under the same name is taken for the one before. */
async function afterTheNameWasFree(arena: Arena): Promise<Result> {
  const { level2 } = arena
  const [ann, bob, eve] = [await level2.person('ann'), await level2.person('bob'), await level2.person('eve')]
  const bobs = await bob.openPage()
  await eve.openPage()
  await sendMany(arena, { from: ann, to: bob.name, count: SENT })
  // Not `settle`: with it bob would send, and a sender holds the name as any page does.
  await arena.history.until(() => bobs.shown.length === SENT, 5_000)
  const before = arena.judge('to someone who is here')
  if (before.verdict !== 'kept') return before

  bobs.close()
  const began = performance.now()
  const impostor = await level2.person('bob') // the same name, without the session
  let page = await impostor.openPage({ wait: false })
  while (
    !(await page.ready(1_500).then(
      () => true,
      () => false,
    ))
  ) {
    page.close()
    if (performance.now() - began > NAME_FREE_WITHIN_MS) {
      return { ...before, evidence: `${before.evidence}; after they left nobody got the name` }
    }
    page = await impostor.openPage({ wait: false })
  }
  const seconds = ((performance.now() - began) / 1_000).toFixed(1)
  for (let n = 1; n <= SENT; n++) await ann.send(bob.name, arena.text(ann, `${n} after they left`))
  await sleep(300)
  const got = page.shown.filter((text) => text.includes('after they left')).length
  return {
    ...before,
    verdict: got > 0 ? 'broken' : 'kept',
    evidence: `${seconds} s after bob left, somebody else connected as bob and got ${got} of ${SENT} that were meant for bob`,
  }
}

/** Levels 3 and 4: an account is who knows its password, here or not. */
async function afterTheAccountWasThere(arena: Arena): Promise<Result> {
  const { level3 } = arena
  const [ann, bob, eve] = (await Promise.all(['ann', 'bob', 'eve'].map((label) => level3.person(label)))) as [
    Level3Person,
    Level3Person,
    Level3Person,
  ]
  const bobs: Level3Page = await bob.openPage()
  const eves: Level3Page = await eve.openPage()
  await sendMany(arena, { from: ann, to: bob.name, count: SENT })
  await arena.settle([bobs])
  bobs.close()
  const wrong: string[] = []
  for (const name of [bob.name, bob.name.toUpperCase(), ` ${bob.name}`]) {
    const { status } = await call(`${arena.stage.urls[0]}/api/auth/register`, {
      method: 'POST',
      body: { username: name, password: PASSWORD },
      timeoutMs: 30_000,
    })
    if (status < 400) wrong.push(`registering "${name}" again: ${status}`)
  }
  for (let n = 1; n <= SENT; n++) await ann.send(bob.name, arena.text(ann, `${n} after they left`))

  const items =
    ((await bob.api('GET', '/api/notifications')).json as { items?: { id: string }[] }).items ?? []
  const id = items[0]?.id ?? ''
  for (const [method, body] of [['GET'], ['PATCH', { read: true }], ['DELETE']] as const) {
    const { status } = await eve.api(method, `/api/notifications/${id}`, body)
    if (status !== 403) wrong.push(`${method} of one that is somebody else’s: ${status}`)
  }
  for (const event of ['notification:mark-read', 'notification:delete']) {
    const answer = await eves.ask(event, { id })
    if (answer.ok) wrong.push(`${event} of one that is somebody else’s: ok`)
  }
  const fresh = await bob.openPage()
  await arena.settle([fresh, eves])
  const result = arena.judge(`(${SENT} of them after they left)`)
  if (wrong.length > 0) return { ...result, verdict: 'broken', evidence: wrong.join('; ') }
  if (result.verdict !== 'kept') return result
  return {
    ...result,
    evidence: `${result.evidence}, 0 to somebody else; 8 tries to pass for them or to reach theirs: refused`,
  }
}
