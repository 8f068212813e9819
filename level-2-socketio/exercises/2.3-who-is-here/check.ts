import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import { graceIsOver, join, refusalOf } from '../people.ts'

export async function check(attempt: Attempt): Promise<void> {
  const GRACE_MS = patience(600)
  const { url } = await attempt.start({ env: { GRACE_MS: String(GRACE_MS) } })

  attempt.step('Alice comes, and then Bob')
  const alice = await join(attempt, url, 'Alice')
  attempt.expect(
    await alice.until(() => alice.session() !== undefined),
    'Alice connected, and nobody told her who is here. Right after the handshake the server sends her the event session: { sessionId, username, users, rooms: [] }.',
  )
  const bob = await join(attempt, url, 'Bob')
  await bob.until(() => bob.session() !== undefined)
  attempt.expect(
    [...(bob.session()?.users ?? [])].sort().join() === 'Alice,Bob' && bob.session()?.username === 'Bob',
    `Alice was here, Bob came, and the session event told him of ${list(bob.session()?.users)}. It has everyone, himself included.`,
  )
  attempt.expect(
    await alice.until(() => alice.changes.includes('user:joined Bob')),
    'Bob came, and Alice was not told. Whoever is here gets user:joined with { username, users }.',
  )
  attempt.expect(
    bob.changes.length === 0,
    'Bob came, and was told of it himself by user:joined. His session event says all; the others get the news.',
  )

  attempt.step('Alice opens a second tab')
  const sessionId = alice.session()?.sessionId ?? ''
  attempt.expect(
    sessionId.length >= 16 && sessionId !== bob.session()?.sessionId,
    'The session event brought no sessionId, a short one, or the same for two people. It proves that a tab belongs to a user, so nobody may guess it: at least 16 random characters.',
  )
  const code = await refusalOf(attempt, url, { username: 'Alice', sessionId })
  attempt.expect(
    code === undefined,
    `Alice opened a second tab, which knows her sessionId, and it was refused with "${code}". Somebody who proves to be Alice is one user with two tabs.`,
  )
  const stranger = await refusalOf(attempt, url, { username: 'Alice', sessionId: 'x'.repeat(32) })
  attempt.expect(
    stranger === 'username_taken',
    `Somebody wanted in as Alice with a sessionId that is not hers and was ${stranger ? `refused with "${stranger}"` : 'let in'}. Without her id the name is taken: username_taken.`,
  )
  const second = await join(attempt, url, 'alice', { name: 'Alice, tab 2', sessionId })
  attempt.expect(
    (await second.until(() => second.session() !== undefined)) &&
      second.session()?.sessionId === sessionId &&
      second.session()?.users.length === 2,
    `Alice opened a second tab, and nobody told her who is here in it, or wrongly: ${list(second.session()?.users)}. Every connect brings the whole state: the session event, with two users.`,
  )

  attempt.step('Alice closes one of her two tabs')
  const ofAlice = () => bob.changes.filter((change) => change.endsWith(' Alice'))
  second.leave()
  await graceIsOver(attempt, url, bob, 'Dave')
  attempt.expect(
    ofAlice().length === 0,
    `Alice opened a second tab and closed one of two, and Bob was told ${ofAlice()[0]}. She was here all the time: she comes with her first tab and goes with the last.`,
  )

  attempt.step('Alice reloads her page')
  let page = alice
  for (const next of ['Erin', 'Frank', 'Grace']) {
    bob.changes.length = 0
    const begin = performance.now()
    page.leave()
    page = await join(attempt, url, 'Alice', {
      name: 'Alice, reloaded',
      sessionId: page.session()?.sessionId ?? '',
    })
    const isQuick = performance.now() - begin < GRACE_MS / 2
    await graceIsOver(attempt, url, bob, next)
    if (isQuick) break // else the machine stood still, and she was gone for longer than a reload: again
  }
  attempt.expect(
    ofAlice().length === 0,
    `Alice reloaded her page, and Bob was told ${ofAlice().join(' and ')}. A reload closes the last tab and opens the next within moments: wait GRACE_MS before somebody counts as gone.`,
  )

  attempt.step('Alice closes her last tab')
  page.leave()
  attempt.expect(
    await bob.until(() => bob.changes.includes('user:left Alice')),
    'Alice closed her last tab, and some time later Bob was still not told. After GRACE_MS everyone gets user:left with { username, users }.',
  )
  const after = await join(attempt, url, 'Carol')
  await after.until(() => after.session() !== undefined)
  attempt.expect(
    [...(after.session()?.users ?? [])].sort().join() === 'Bob,Carol',
    `Alice has left, Carol came, and her session event has ${list(after.session()?.users)}. Bob and Carol are here.`,
  )
}

const list = (users: readonly string[] | undefined) => (users ? `[${users.join(', ')}]` : 'nobody')
