import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import { startDatabase } from '../database.ts'
import { list, open, register, send } from '../people.ts'

const AT_ONCE = 4
/** What goes wrong by chance is tried more than once. */
const ROUNDS = 4
const UNEVEN_MS = 60

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

  attempt.step(`${2 * AT_ONCE} repeats arrive at once, at two processes, ${ROUNDS} times`)
  const second = await attempt.start({ env: database.env })
  // Requests that keep step with each other meet at the same question; out of step, one looks while another stores.
  database.unevenReads(patience(UNEVEN_MS))
  for (let round = 1; round <= ROUNDS; round++) {
    const message = `Dinner ${round}?`
    const all = await Promise.all(
      Array.from({ length: 2 * AT_ONCE }, (_, n) =>
        send(attempt, n % 2 === 0 ? first : second, bob, alice, message, `dinner-${round}`),
      ),
    )
    const ids = new Set(all.map(({ notification }) => notification.id))
    const dinners = (await list(attempt, second, alice)).filter((each) => each.message === message)
    attempt.expect(
      ids.size === 1 && dinners.length === 1,
      `The same request came ${2 * AT_ONCE} times at once, half of them to another process, and was stored ${dinners.length} times. Who looks first and stores then does what everybody else does in the same moment. Only the database can say who was first.`,
    )
  }
  database.unevenReads(0)

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
