import { setTimeout as sleep } from 'node:timers/promises'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import type { Program } from '@levels/shared/exercises/program.ts'
import { eventually, openStage, send } from '../stage.ts'

const MANY = 20

export async function check(attempt: Attempt): Promise<void> {
  const LEASE_MS = patience(2_500)
  const stage = await openStage(attempt, { LEASE_MS: String(LEASE_MS), PUSH_TIMEOUT_MS: '20000' })
  const { push } = stage
  const app1 = await stage.start('app1')
  const app2 = await stage.start('app2')
  sleepNow(app2)
  const people = stage.speak(app1)
  const [ann, bob, carol] = [
    await people.person('ann'),
    await people.person('bob'),
    await people.person('carol'),
  ]
  const bobs = await people.addDevice(bob)
  const carols = await people.addDevice(carol)
  const requests = () => push.requests.filter(({ endpoint }) => endpoint === bobs.subscription.endpoint)

  attempt.step('app1 pushes "one" to bob, and the push service does not answer')
  bobs.subscription.setBehaviour({ answer: 'hang' }, { answer: 201 })
  await send(attempt, ann, bob, 'one')
  attempt.expect(
    await eventually(() => requests().length > 0),
    'The notification "one" was stored, nobody saw it, and it was not pushed, long after it was due.',
  )
  const [first] = requests()
  const takenAt = first?.at ?? 0
  attempt.saw('the push service ← "one", from app1, and it does not answer')

  attempt.step('app2 wakes up while app1 still waits')
  sleepNow(app1)
  wakeUp(app2)
  // What app2 pushes now was due later: when that has come, app2 has also seen "one".
  const others = stage.speak(app2)
  const [dave, eve] = [await others.person('dave'), await others.person('eve')]
  const eves = await others.addDevice(eve)
  await send(attempt, dave, eve, 'two')
  await eventually(() => eves.received().length > 0)
  const second = requests()[1]
  wakeUp(app1)
  attempt.expect(
    second === undefined || second.at - takenAt > 0.6 * LEASE_MS,
    'App1 was in the middle of pushing "one", and app2 pushed it as well: bob’s browser gets it twice. Whoever takes one must do it so that the other one sees it.',
  )

  attempt.step('app1 is killed (kill -9) in the middle of it')
  await app1.kill()
  attempt.expect(
    await eventually(() => bobs.received().length > 0, LEASE_MS + 8_000),
    `App1 had taken "one" and was killed before the push service answered. LEASE_MS is ${LEASE_MS}, more than that has passed, and app2 did not push it. What tells app2 that nobody is at it any more?`,
  )
  attempt.saw('bob’s browser ← push "one", from app2')

  attempt.step(`both run, and ${MANY} are sent to carol`)
  await stage.start('app1')
  for (let n = 1; n <= MANY; n++) await send(attempt, dave, carol, `${n} of ${MANY}`)
  await eventually(() => new Set(carols.received().map(({ message }) => message)).size === MANY)
  await sleep(patience(500))
  const got = carols.received().map(({ message }) => message)
  const twice = got.filter((message, index) => got.indexOf(message) !== index)
  attempt.expect(
    new Set(got).size === MANY,
    `${MANY} were sent to carol while two instances ran, and ${new Set(got).size} were pushed. Each is for one of the two.`,
  )
  attempt.expect(
    twice.length === 0,
    `${MANY} were sent to carol while two instances ran, and these were pushed twice: ${twice.join('; ')}. Between reading and writing, the other one reads, too: let the database do both in one step.`,
  )
  attempt.expect(
    bobs.received().length === 1,
    `The notification "one" was pushed to bob ${bobs.received().length} times. When it was answered 201, it is not due any more.`,
  )
}

/** An instance that is there and does nothing, so that the other one takes what is due. Windows has no such signal. */
function sleepNow({ pid }: Program): void {
  if (process.platform !== 'win32') process.kill(pid, 'SIGSTOP')
}

function wakeUp({ pid }: Program): void {
  if (process.platform !== 'win32') process.kill(pid, 'SIGCONT')
}
