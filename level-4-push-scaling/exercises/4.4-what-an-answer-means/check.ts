import { setTimeout as sleep } from 'node:timers/promises'
import type { Level3Person } from '@levels/promises/dialects/level-3.ts'
import type { Device, Level4 } from '@levels/promises/dialects/level-4.ts'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import type { Behaviour } from '@levels/shared/testing/push-service.ts'
import { eventually, LONG_MS, openStage, type Stage, send } from '../stage.ts'

/** Short, so that the last of six attempts (five times as long each time) is soon: 1, 5, 25, 125 and 625 ms after. */
const RETRY_MS = 1
const TIMEOUT_MS = 1_500
const MOST_ATTEMPTS = 6
/** How long something may take that must not come, in milliseconds. A worker looks every 100 ms or so. */
const QUIET_MS = 800

interface Scene {
  stage: Stage
  level: Level4
  ann: Level3Person
  timeoutMs: number
}

export async function check(attempt: Attempt): Promise<void> {
  const timeoutMs = patience(TIMEOUT_MS)
  const stage = await openStage(attempt, {
    PUSH_DELAY_MS: '100',
    PUSH_RETRY_MS: String(RETRY_MS),
    PUSH_TIMEOUT_MS: String(timeoutMs),
  })
  const level = stage.speak(await stage.start('app1'))
  const scene = { stage, level, timeoutMs, ann: await level.person('ann') }
  const givesUp = await neverWell(attempt, scene)
  // All at once, for somebody else each: most of it is waiting. The first of them that is wrong is told.
  const cases = [
    gone(attempt, scene, 410),
    gone(attempt, scene, 404),
    leftAlone(attempt, scene, { answer: 429, retryAfter: 60 }),
    leftAlone(attempt, scene, { answer: 503, retryAfter: new Date(Date.now() + 60_000).toUTCString() }),
    later(attempt, scene, { answer: 429, retryAfter: 1 }),
    later(attempt, scene, { answer: 503, retryAfter: new Date(Date.now() + 2_500).toUTCString() }),
    later(attempt, scene, { answer: 500 }),
    later(attempt, scene, { answer: 'hang' }),
    ours(attempt, scene),
  ]
  Promise.allSettled(cases) // whoever rejects after the first is heard by nobody else
  for (const each of cases) await each
  await givesUp()
}

/** A push service that is never well again. What becomes of it is seen at the end, after everything else. */
async function neverWell(attempt: Attempt, { stage, level, ann }: Scene): Promise<() => Promise<void>> {
  const bob = await level.person('bob-never')
  const device = await level.addDevice(bob)
  device.subscription.setBehaviour({ answer: 500 })
  attempt.step(`for the browser of ${bob.name} the push service answers 500, now and for ever`)
  await send(attempt, ann, bob, 'one')
  return async () => {
    await eventually(() => requestsTo(stage, device).length >= MOST_ATTEMPTS)
    await sleep(patience(QUIET_MS))
    const asked = requestsTo(stage, device)
    attempt.saw(`the push service ← asked ${asked.length} times for the browser of ${bob.name}`)
    attempt.expect(
      asked.length === MOST_ATTEMPTS,
      `The push service answered 500 each time, and was asked ${asked.length} times. It is ${MOST_ATTEMPTS}: whoever tries for ever ends up doing nothing else.`,
    )
    const pause = (asked[5]?.at ?? 0) - (asked[4]?.at ?? 0)
    attempt.expect(
      pause >= 625 * RETRY_MS - 30,
      `The push service answered 500 each time, PUSH_RETRY_MS is ${RETRY_MS}, and the last attempt came ${pause} ms after the one before. Each time it waits five times as long, 625 ms before the sixth: a service that is in trouble needs fewer requests, not more.`,
    )
  }
}

/** The browser has given up its subscription: never again. The other browser of the same user gets everything. */
async function gone(attempt: Attempt, { stage, level, ann }: Scene, status: number): Promise<void> {
  const bob = await level.person(`bob${status}`)
  const [old, other] = [await level.addDevice(bob), await level.addDevice(bob)]
  old.subscription.setBehaviour({ answer: status })
  attempt.step(`${bob.name} has two browsers; for the first one the push service answers ${status}`)
  for (const text of ['one', 'two']) {
    await send(attempt, ann, bob, text)
    await eventually(() => textsOf(other).includes(text))
    await sleep(300)
  }
  const asked = requestsTo(stage, old).length
  attempt.saw(`the push service ← asked ${asked} times for the first browser`)
  attempt.expect(
    asked === 1,
    `The push service answered ${status}, and that endpoint was asked ${asked} times. ${status} says that the browser has given up this subscription: it will never work again, so delete it.`,
  )
  expectOnce(attempt, other, ['one', 'two'], `the other browser of ${bob.name}`)
}

/** The push service wants a minute's peace: what is due later comes, and this does not. */
async function leftAlone(
  attempt: Attempt,
  { stage, level, ann }: Scene,
  behaviour: Behaviour,
): Promise<void> {
  const { answer, retryAfter } = behaviour
  const [bob, carol] = [await level.person(`bob${answer}min`), await level.person(`carol${answer}`)]
  const [busy, other] = [await level.addDevice(bob), await level.addDevice(carol)]
  busy.subscription.setBehaviour(behaviour, { answer: 201 })
  attempt.step(`for the browser of ${bob.name} the push service answers ${answer}, Retry-After: a minute`)
  await send(attempt, ann, bob, 'one')
  await eventually(() => requestsTo(stage, busy).length > 0)
  for (const text of ['one', 'two', 'three']) {
    await send(attempt, ann, carol, text)
    await eventually(() => textsOf(other).includes(text))
  }
  const asked = requestsTo(stage, busy).length
  attempt.saw(`the push service ← asked ${asked} times for the browser of ${bob.name}`)
  attempt.expect(
    asked === 1,
    `The push service answered ${answer} with Retry-After: ${retryAfter}, which is ${typeof retryAfter === 'number' ? 'in seconds' : 'a date'}, and was asked again at once. It says how long it wants to be left alone.`,
  )
}

/** A bad moment of the push service: later, once, and not again for the other browser, which has it. */
async function later(
  attempt: Attempt,
  { stage, level, ann, timeoutMs }: Scene,
  behaviour: Behaviour,
): Promise<void> {
  const { answer, retryAfter } = behaviour
  const what = answer === 'hang' ? 'nothing' : String(answer)
  const notBefore = typeof retryAfter === 'string' ? Date.parse(retryAfter) : Number(retryAfter ?? 0) * 1_000
  const bob = await level.person(`bob-${what}`)
  const [busy, other] = [await level.addDevice(bob), await level.addDevice(bob)]
  busy.subscription.setBehaviour(behaviour, { answer: 201 })
  attempt.step(`${bob.name} has two browsers; for the first one the push service answers ${what} once`)
  await send(attempt, ann, bob, 'one')
  const came = await eventually(() => textsOf(busy).includes('one'), LONG_MS + timeoutMs)
  attempt.expect(
    came,
    `The push service answered ${what}${retryAfter ? `, with Retry-After: ${retryAfter}` : ''}, and "one" was not pushed again. It had a bad moment: try it later.`,
  )
  const [first, second] = requestsTo(stage, busy)
  const early = notBefore + (typeof retryAfter === 'number' ? (first?.at ?? 0) : 0) - (second?.at ?? 0)
  attempt.saw(`${bob.name}’s first browser ← push "one", at the second try`)
  attempt.expect(
    retryAfter === undefined || early <= 100,
    `The push service answered ${what} with Retry-After: ${retryAfter}, which is ${typeof retryAfter === 'number' ? 'in seconds' : 'a date'}, and was asked again ${(early / 1_000).toFixed(1)} s too early. It says how long it wants to be left alone.`,
  )
  await sleep(patience(QUIET_MS) / 2)
  expectOnce(attempt, busy, ['one'], `the first browser of ${bob.name}`)
  expectOnce(attempt, other, ['one'], `the other browser of ${bob.name}, for which the answer was 201`)
}

/** Our mistake: the same again would be refused again, and the browser has done nothing wrong. */
async function ours(attempt: Attempt, { stage, level, ann }: Scene): Promise<void> {
  const bob = await level.person('bob400')
  const device = await level.addDevice(bob)
  device.subscription.setBehaviour({ answer: 400 }, { answer: 201 })
  attempt.step('the push service answers 400 once')
  await send(attempt, ann, bob, 'one')
  await eventually(() => requestsTo(stage, device).length > 0)
  await sleep(patience(QUIET_MS))
  const asked = requestsTo(stage, device).length
  attempt.expect(
    asked === 1,
    `The push service answered 400, "this request is wrong", and the same was sent ${asked} times. It does not get better: report it, and leave it.`,
  )
  await send(attempt, ann, bob, 'two')
  attempt.expect(
    await eventually(() => textsOf(device).includes('two')),
    'The push service answered 400 once, and the next notification was not pushed there. It was our message that was wrong: the browser is still there.',
  )
  attempt.saw(`${bob.name}’s browser ← push "two"`)
}

const textsOf = (device: Device) => device.received().map(({ message }) => message)

function requestsTo({ push }: Stage, { subscription }: Device) {
  return push.requests.filter(({ endpoint }) => endpoint === subscription.endpoint)
}

function expectOnce(attempt: Attempt, device: Device, texts: string[], whose: string): void {
  const got = textsOf(device).join(', ')
  attempt.expect(
    got === texts.join(', '),
    `To ${whose}, ${texts.join(' and ')} should have been pushed once; it got: ${got || 'nothing'}. Each browser has an answer of its own.`,
  )
}
