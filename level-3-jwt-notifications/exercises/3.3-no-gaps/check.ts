import { setTimeout as sleep } from 'node:timers/promises'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import { startDatabase } from '../database.ts'
import { list, register, send } from '../people.ts'

const AT_ONCE = 8

export async function check(attempt: Attempt): Promise<void> {
  const database = await startDatabase(attempt)
  const first = await attempt.start({ env: database.env })
  const second = await attempt.start({ env: database.env })
  const alice = await register(attempt, first, 'Alice')
  const bob = await register(attempt, first, 'Bob')

  attempt.step(`Bob sends Alice ${2 * AT_ONCE} at once, half of them to another process on the same database`)
  const post = (n: number) => send(attempt, n % 2 === 0 ? first : second, bob, alice, `text ${n + 1}`)
  // The first one has its number, and is held on its way to the database until another one is stored.
  const hold = database.holdWrite('text 1')
  const sending = [post(0)]
  await Promise.race([hold.caught, ...sending])
  for (let n = 1; n < 2 * AT_ONCE; n++) sending.push(post(n))
  // A program may also let the others wait for the first.
  await Promise.race([sending[1], sleep(patience(1_000))])
  hold.release()
  const sent = await Promise.all(sending)
  const refused = sent.find(({ status }) => status !== 201)
  attempt.expect(
    !refused,
    `Bob sent ${2 * AT_ONCE} at once through two processes, and one was answered ${refused?.status}. That somebody else was faster is no reason to refuse: there is a next number.`,
  )
  const numbers = (await list(attempt, second, alice)).map(({ seq }) => seq).reverse()
  const twice = numbers.find((seq, index) => seq === numbers[index - 1])
  attempt.expect(
    twice === undefined,
    `Bob sent ${2 * AT_ONCE} at once through two processes, and a number was given out twice. Between reading the last number and using the next one, somebody else did the same. Who can say which of them was first? Only the database sees both.`,
  )
  expectNoGap(attempt, numbers, 2 * AT_ONCE, `Bob sent ${2 * AT_ONCE} at once through two processes`)
  const told = sent.map(({ notification }) => notification.seq ?? 0).sort((a, b) => a - b)
  attempt.expect(
    told.join() === numbers.join(),
    `The senders were told the numbers ${told.join(' ')}, and the log has ${numbers.join(' ')}. The answer tells the number under which it is stored.`,
  )

  attempt.step('a process loses its database just before it stores one, and dies')
  const lost = database.holdWrite('lost')
  const losing = send(attempt, first, bob, alice, 'lost').catch(() => undefined) // its server dies
  await Promise.race([lost.caught, losing])
  database.cut()
  await first.kill()
  await losing
  await second.kill()
  database.mend()

  attempt.step('it is started again, and Bob sends one more')
  const third = await attempt.start({ env: database.env, port: first.port })
  const { status } = await send(attempt, third, bob, alice, 'after the crash')
  attempt.expect(status === 201, `After the crash Bob sent one more, and was answered ${status}. It is 201.`)
  const after = (await list(attempt, third, alice)).map(({ seq }) => seq).reverse()
  expectNoGap(
    attempt,
    after,
    undefined,
    'A process died before it could store a notification, and one more was sent',
  )
}

/** The numbers must be 1, 2, 3 … and, if it is known, so many. */
function expectNoGap(attempt: Attempt, numbers: number[], count: number | undefined, done: string): void {
  const hole = numbers.findIndex((seq, index) => seq !== index + 1)
  attempt.expect(
    hole === -1,
    `${done}, and the log has the numbers ${numbers.join(' ')}: ${hole + 1} is missing. A page that has seen ${hole} would wait for it forever. A number may be taken by the insert that uses it, and by nothing before.`,
  )
  attempt.expect(
    count === undefined || numbers.length === count,
    `${done} and acknowledged, and the log has ${numbers.length}.`,
  )
}
