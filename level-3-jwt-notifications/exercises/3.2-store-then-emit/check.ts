import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { startDatabase } from '../database.ts'
import { api, list, open, register, send } from '../people.ts'

/** So many questions, one after the other: what the program said before has arrived by then. */
const QUESTIONS = 3

export async function check(attempt: Attempt): Promise<void> {
  const database = await startDatabase(attempt)
  const server = await attempt.start({ env: database.env })
  const alice = await register(attempt, server, 'Alice')
  const bob = await register(attempt, server, 'Bob')
  const tab = await open(attempt, server, alice)

  attempt.step('Bob sends Alice three, one after the other')
  for (const [index, text] of ['one', 'two', 'three'].entries()) {
    const { status, notification } = await send(attempt, server, bob, alice, text)
    attempt.expect(
      status === 201 && notification.seq === index + 1 && typeof notification.id === 'string',
      `Bob sent Alice "${text}", and the answer was ${status} with the number ${notification.seq}. It is 201, with an id and the number of its place in Alice's log: ${index + 1}.`,
    )
    attempt.expect(
      await tab.gets(text),
      `Bob sent Alice "${text}", and her tab, which is open, got no notification:new with it.`,
    )
  }
  const items = await list(attempt, server, alice)
  attempt.expect(
    items.map(({ message }) => message).join() === 'three,two,one',
    `Bob sent Alice one, two, three, and her list is: ${items.map(({ message }) => message).join(', ') || 'empty'}. It has all three, the newest first.`,
  )
  attempt.expect(
    items.every(({ id, seq }) => tab.got.some((shown) => shown.id === id && shown.seq === seq)),
    'What came to her tab and what is in her list have different ids or numbers. It is one notification, and a page knows it by its id.',
  )
  const foreign = await list(attempt, server, bob)
  attempt.expect(
    foreign.length === 0,
    `Bob asked for his own list, and got ${foreign.length} that he had sent to Alice. A log belongs to one user.`,
  )

  attempt.step('Bob sends "four"; the moment that anybody hears of it, the server is killed (kill -9)')
  const hold = database.holdWrite('four')
  const shown = new Promise<string>((resolve) => {
    tab.socket.once('notification:new', () => resolve("Alice's tab showed it"))
  })
  const answered = send(attempt, server, bob, alice, 'four').then(
    () => 'Bob was answered',
    () => 'nobody heard of it',
  )
  let what: string | undefined
  const heard = Promise.race([shown, answered]).then((how) => {
    what = how
    // What has not reached the database by now never will.
    database.cut()
  })
  await Promise.race([hold.caught, heard])
  // It is on its way to the database. Whoever tells somebody before it is there has done so when this is answered.
  for (let n = 0; n < QUESTIONS && !what; n++) {
    await api(server, { token: undefined }, 'GET', '/api/notifications').catch(() => undefined) // any answer will do
  }
  if (!what) hold.release()
  await heard
  attempt.saw(`${what}; the server is killed`)
  await server.kill()
  database.mend()

  attempt.step('the server is started again')
  const again = await attempt.start({ env: database.env, port: server.port })
  const after = await list(attempt, again, alice)
  attempt.expect(
    after.some(({ message }) => message === 'three'),
    'The server was killed and started again, and what it had stored before is gone. What a process keeps in its memory ends with it: only the database survives.',
  )
  attempt.expect(
    after.some(({ message }) => message === 'four'),
    `Bob sent "four", ${what}, and the server was killed at that moment. Started again, it does not have it. What somebody was told must be in the database before: store, then emit, then answer.`,
  )
}
