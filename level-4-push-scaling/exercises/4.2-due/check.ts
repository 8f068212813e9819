import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import { eventually, openStage, send } from '../stage.ts'

/** How often something is tried that has to be done before a time. */
const TRIES = 5

export async function check(attempt: Attempt): Promise<void> {
  const stage = await openStage(attempt)
  const { push } = stage
  // A start tells how slow this machine is just now, and the program gets the delay before it starts.
  await (await stage.start('app1')).kill()
  const DELAY_MS = patience(1_000)
  const start = () => stage.start('app1', { PUSH_DELAY_MS: String(DELAY_MS) })
  const server = await start()
  const level = stage.speak(server)
  const [ann, bob, dave] = [await level.person('ann'), await level.person('bob'), await level.person('dave')]
  const [bobs, daves] = [await level.addDevice(bob), await level.addDevice(dave)]
  const texts = (device: typeof bobs) => device.received().map(({ message }) => message)
  const requestsTo = ({ subscription: { endpoint } }: typeof bobs) =>
    push.requests.filter((request) => request.endpoint === endpoint)

  attempt.step('ann sends to bob, who has no page open')
  const sentAt = await send(attempt, ann, bob, 'one')
  attempt.expect(
    await eventually(() => texts(bobs).includes('one')),
    'Ann sent "one" to bob, who has no page open, and his browser got no push, long after it was due.',
  )
  attempt.expect(
    (requestsTo(bobs)[0]?.at ?? 0) - sentAt >= DELAY_MS - 100,
    `The notification "one" was pushed at once, and it is due after PUSH_DELAY_MS. Had bob a page open, he would see it twice: on the page, and as a push. Give the page time to say "seen".`,
  )
  attempt.saw('bob’s browser ← push "one", when it was due')

  attempt.step('bob’s page is open, shows what comes and says notifications:seen')
  const page = await bob.openPage()
  // On a machine that stood still "seen" may come after the time: then it was right to push, and the next one tells.
  let seen = ''
  for (let n = 1; seen === '' && n <= TRIES; n++) {
    const text = `seen ${n}`
    const at = await send(attempt, ann, bob, text)
    attempt.expect(
      await page.shows(text, patience(5_000)),
      `Ann sent "${text}", and bob’s open page did not get it.`,
    )
    await page.ask('notifications:seen', { upTo: page.cursor })
    if (Date.now() - at < DELAY_MS / 2) seen = text
  }
  page.close()

  attempt.step('dave’s page is open in a tab that nobody looks at: it never says seen')
  await dave.openPage({ hidden: true })
  await send(attempt, ann, dave, 'three')
  attempt.expect(
    await eventually(() => texts(daves).includes('three')),
    'Dave has a page open in the background; it never said notifications:seen, and "three" was not pushed. Connected is not seen: a frozen page is connected, too.',
  )
  attempt.saw('dave’s browser ← push "three"')

  attempt.step('"four" is acknowledged, and the program is killed (kill -9) before it is due')
  let [program, sender] = [server, ann]
  for (let n = 1; n <= TRIES; n++) {
    const at = await send(attempt, sender, bob, 'four')
    await program.kill()
    const isBefore = Date.now() - at < DELAY_MS
    program = await start()
    sender = await stage.speak(program).person(`eve${n}`)
    await send(attempt, sender, dave, `five ${n}`)
    attempt.expect(
      await eventually(() => texts(bobs).filter((text) => text === 'four').length >= n),
      'The notification "four" was acknowledged, the program was killed and started again, and nothing was pushed. Who remembers what is due when a process dies? Not a timer: that died with it.',
    )
    // It is due later: when it has come, "four" would have come again.
    await eventually(() => texts(daves).includes(`five ${n}`))
    if (isBefore) break // else the machine stood still, and it may have been pushed before: again
  }
  attempt.expect(
    !texts(bobs).includes(seen),
    `Bob’s page showed "${seen}" and said so with notifications:seen before it was due, and it was pushed all the same.`,
  )
  const ids = bobs.received().map(({ id }) => id)
  attempt.expect(
    new Set(ids).size === ids.length,
    `Bob’s browser got ${texts(bobs).join(', ')}, and something of that twice. It gets each once: what was pushed is not due any more.`,
  )
}
