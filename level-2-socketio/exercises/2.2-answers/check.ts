import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { join } from '../people.ts'

export async function check(attempt: Attempt): Promise<void> {
  const { url } = await attempt.start()
  const alice = await join(attempt, url, 'Alice')
  const bob = await join(attempt, url, 'Bob')

  attempt.step('Alice says something and waits for the answer')
  const yes = await alice.ask('message:send', { text: 'hello' })
  attempt.expect(
    yes,
    'Alice sent message:send with a text and was never answered. Her page cannot know whether the server has it: the last argument is a function that gets the answer.',
  )
  const at = String(yes.ok && yes.data?.at)
  attempt.expect(
    yes.ok && typeof yes.data?.id === 'string' && new Date(at).toISOString() === at,
    `Alice sent message:send with a text and was answered ${JSON.stringify(yes).slice(0, 80)}. The answer is { ok: true, data: { id, at } }: what the server made of it.`.replace(
      /"id":"[^"]*"|"at":"[^"]*"/g,
      '…',
    ),
  )
  attempt.expect(
    (await bob.until(() => bob.texts.includes('hello'))) && bob.message()?.id === yes.data?.id,
    'Alice was told that her message has an id, and Bob got no message:new with that id. The answer and the message speak of the same thing.',
  )

  const bad: [string, unknown[]][] = [
    ['no payload at all', []],
    ['null', [null]],
    ['a number', [7]],
    ['an object without a text', [{}]],
    ['a text that is a number', [{ text: 7 }]],
    ['an empty text', [{ text: '' }]],
    ['2,001 characters', [{ text: 'x'.repeat(2_001) }]],
  ]
  for (const [what, args] of bad) {
    attempt.step(`Alice sends message:send with ${what}`)
    const no = await alice.ask('message:send', ...args)
    attempt.expect(
      no,
      `Alice sent message:send with ${what} and was never answered. What is wrong is answered, too: a page that waits for ever is worse than a no.`,
    )
    attempt.expect(
      !no.ok && no.error?.code === 'bad_payload' && typeof no.error.message === 'string',
      `Alice sent message:send with ${what} and the answer was ${no.ok ? 'a yes' : `the code "${no.error?.code}"`}. It is { ok: false, error: { code: 'bad_payload', message } }: a code for programs, a sentence for people.`,
    )
  }

  attempt.step('Alice sends an event that nobody knows')
  const unknown = await alice.ask('message:sned', { text: 'hello' })
  attempt.expect(
    unknown && !unknown.ok,
    'Alice sent the event "message:sned", which does not exist, and was never answered. Socket.IO drops what nobody listens for; onAny hears everything.',
  )

  attempt.step('Alice sends things and asked for no answer')
  for (const args of [[], [null], [{ text: 7 }], ['text', 'text'], [{ text: 'no answer wanted' }]]) {
    alice.socket.emit('message:send', ...args)
  }
  attempt.expect(
    await bob.until(() => bob.texts.includes('no answer wanted')),
    'Alice asked for no answer, and her message did not arrive. A function may be missing: then nobody is called, and the rest works as always.',
  )
  attempt.expect(
    bob.texts.length === 2,
    `Alice sent two good texts and several bad ones, and Bob got ${bob.texts.length}. A bad one is refused and goes nowhere.`,
  )
}
