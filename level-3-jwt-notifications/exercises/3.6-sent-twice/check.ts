import { setTimeout as sleep } from 'node:timers/promises'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import type { Program } from '@levels/shared/exercises/program.ts'
import { startDatabase } from '../database.ts'
import { list, open, register, send } from '../people.ts'

const AT_ONCE = 4
/** More than anybody asks and tells the database to store one notification. */
const MOST_STEPS = 20

export async function check(attempt: Attempt): Promise<void> {
  const database = await startDatabase(attempt)
  const first = await attempt.start({ env: database.env })
  const alice = await register(attempt, first, 'Alice')
  const bob = await register(attempt, first, 'Bob')
  const carol = await register(attempt, first, 'Carol')
  const tab = await open(attempt, first, alice)

  attempt.step('Bob gets no answer, and sends the same again with the same Idempotency-Key')
  const once = await send(attempt, first, bob, alice, 'Lunch?', 'lunch-1')
  const twice = await send(attempt, first, bob, alice, 'Lunch?', 'lunch-1')
  attempt.expect(
    once.status < 300 && twice.status < 300,
    `Bob sent with the header Idempotency-Key: lunch-1, and once more. The answers were ${once.status} and ${twice.status}. A repeat is answered like the first one: for Bob it is the first.`,
  )
  attempt.expect(
    once.notification.id !== undefined && once.notification.id === twice.notification.id,
    'Bob sent "Lunch?" with the Idempotency-Key lunch-1, got no answer, and sent it again with the same key. It became two notifications with two ids. Alice reads it twice.',
  )
  attempt.expect(await tab.gets('Lunch?'), 'Bob sent "Lunch?", and Alice, who is connected, did not get it.')

  attempt.step('Carol uses the same key, and Bob sends something without a key, twice')
  const other = await send(attempt, first, carol, alice, 'Coffee?', 'lunch-1')
  attempt.expect(
    other.notification.id !== undefined && other.notification.id !== once.notification.id,
    'Carol sent "Coffee?" with a key that Bob had used, and got his notification as the answer. Hers was never stored. A key belongs to its sender.',
  )
  await send(attempt, first, bob, alice, 'no key')
  await send(attempt, first, bob, alice, 'no key')
  const stored = await list(attempt, first, alice)
  attempt.expect(
    stored.length === 4,
    `Bob sent one with a key, twice; Carol one; and Bob two without any key. Alice's log has ${stored.length}, and it should be 4. Without a key, two requests are two notifications.`,
  )

  const second = await attempt.start({ env: database.env })
  const countOf = async (text: string) =>
    (await list(attempt, second, alice)).filter(({ message }) => message === text).length
  for (let nth = 1; nth <= MOST_STEPS; nth++) {
    const text = `Dinner ${nth}?`
    const post = (server: Program) => send(attempt, server, bob, alice, text, `dinner-${nth}`)
    attempt.step(`a request waits for the database (step ${nth}), and its repeat comes to another process`)
    const hold = database.holdStep(nth)
    const held = post(first)
    const isHeld = await Promise.race([hold.caught.then(() => true), held.then(() => false)])
    if (!isHeld) {
      hold.release()
      break // it asked no more: every moment was tried
    }
    const repeat = post(second)
    // The other process may also wait for the first.
    await Promise.race([repeat, sleep(patience(1_000))])
    hold.release()
    const ids = new Set([(await held).notification.id, (await repeat).notification.id])
    const count = await countOf(text)
    attempt.expect(
      ids.size === 1 && count === 1,
      `The same request came twice at once, the second time to another process, and was stored ${count} times. Who looks first and stores then does what everybody else does in the same moment. Only the database can say who was first.`,
    )
  }

  attempt.step(`${2 * AT_ONCE} repeats arrive at once, at two processes`)
  const all = await Promise.all(
    Array.from({ length: 2 * AT_ONCE }, (_, n) =>
      send(attempt, n % 2 === 0 ? first : second, bob, alice, 'Supper?', 'supper-1'),
    ),
  )
  const ids = new Set(all.map(({ notification }) => notification.id))
  const count = await countOf('Supper?')
  attempt.expect(
    ids.size === 1 && count === 1,
    `The same request came ${2 * AT_ONCE} times at once, half of them to another process. There were ${ids.size} answers, and it was stored ${count} times. It is one notification, and each of them is answered with it.`,
  )

  attempt.step('the process is killed before Bob has his answer, and he repeats after it was started again')
  const before = await send(attempt, first, bob, alice, 'Breakfast?', 'breakfast-1')
  await first.kill()
  const third = await attempt.start({ env: database.env, port: first.port })
  const after = await send(attempt, third, bob, alice, 'Breakfast?', 'breakfast-1')
  attempt.expect(
    before.notification.id === after.notification.id,
    'Bob sent with a key, the server was killed and started again, and he repeated it. It was stored a second time: the key was in the memory of a process that is gone.',
  )
}
