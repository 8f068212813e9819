import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import { join, refusalOf } from '../people.ts'

const INVALID = ['a', 'a'.repeat(21), 'Anna Lena', 'eve<b>', '\u200b\u200b\u200b']
const VALID = ['Łucja', '東京', 'Émile-2', 'user_1']

export async function check(attempt: Attempt): Promise<void> {
  // From 2.3 on a name stays for some time after its last tab.
  const { url } = await attempt.start({ env: { GRACE_MS: '200' } })

  attempt.step('handshakes without a name, and with bad ones')
  for (const auth of [{}, { username: '' }]) {
    const code = await refusalOf(attempt, url, auth)
    attempt.expect(
      code === 'username_missing',
      `Somebody came without a name and was ${said(code)}. The page must learn what is missing: username_missing.`,
    )
  }
  for (const username of [...INVALID, 42, { toString: 'x' }]) {
    const code = await refusalOf(attempt, url, { username })
    attempt.expect(
      code === 'username_invalid',
      `Somebody wanted in as ${JSON.stringify(username)} and was ${said(code)}. A name has 2 to 20 letters, digits, _ or -, and nothing else: username_invalid.`,
    )
  }
  for (const username of VALID) {
    const code = await refusalOf(attempt, url, { username })
    attempt.expect(
      code === undefined,
      `Somebody wanted in as "${username}" and was ${said(code)}. Letters and digits of every script are fine: \\p{L}, \\p{M} and \\p{N} in a regular expression with the flag u.`,
    )
  }

  attempt.step('Alice comes, and others who want her name')
  const alice = await join(attempt, url, 'Alice')
  for (const username of ['Alice', 'ALICE', 'Ａｌｉｃｅ']) {
    const code = await refusalOf(attempt, url, { username })
    attempt.expect(
      code === 'username_taken',
      `Alice is here, and somebody wanted in as "${username}" and was ${said(code)}. A name that reads the same is the same name: username_taken. NFKC makes one spelling of wide and narrow letters.`,
    )
  }

  attempt.step('Bob says something and claims to be Alice')
  const bob = await join(attempt, url, 'Bob')
  bob.socket.emit('message:send', { text: 'hello', from: 'Alice', username: 'Alice' }, () => undefined)
  attempt.expect(
    await alice.until(() => alice.texts.includes('hello')),
    'Bob said "hello" and Alice did not get message:new. The names must not change what worked.',
  )
  attempt.expect(
    alice.message()?.from === 'Bob',
    `Bob said "hello", and Alice got it from "${alice.message()?.from}". Who said it, the server knows from the handshake; what a message claims, anybody can write.`,
  )

  attempt.step('Alice leaves, and somebody takes her name')
  alice.leave()
  let code: string | undefined = 'username_taken'
  await bob.until(() => false, 300)
  for (let tries = 0; tries < 20 && code !== undefined; tries++) {
    code = await refusalOf(attempt, url, { username: 'alice' })
    if (code !== undefined) await bob.until(() => false, patience(250))
  }
  attempt.expect(
    code === undefined,
    `Alice has left, and some seconds later somebody wanted in as "alice" and was ${said(code)}. A name is free when its owner is gone.`,
  )
}

const said = (code: string | undefined) => (code === undefined ? 'let in' : `refused with "${code}"`)
