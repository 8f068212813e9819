import { setTimeout as sleep } from 'node:timers/promises'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import { claimsOf } from '../../../promises/experiments/tokens.ts'
import { startDatabase } from '../database.ts'
import { api, logIn, open, refusalOf, register, send, type Tab } from '../people.ts'

/** How late the end of a token may be noticed, in milliseconds: generous, for a machine that is busy. */
const MARGIN_MS = 1_500

export async function check(attempt: Attempt): Promise<void> {
  const { env } = await startDatabase(attempt)
  const server = await attempt.start({ env })
  const alice = await register(attempt, server, 'Alice')
  const bob = await register(attempt, server, 'Bob')
  const phone = await logIn(attempt, server, alice)

  attempt.step('Alice signs out on one device; her phone stays signed in')
  const tab = await open(attempt, server, alice)
  const second = await open(attempt, server, alice, { name: 'Alice, second tab' })
  const other = await open(attempt, server, phone, { name: "Alice's phone" })
  const { status } = await api(server, alice, 'POST', '/api/auth/logout', {
    headers: { cookie: alice.cookie, 'x-requested-with': 'fetch' },
  })
  attempt.expect(
    status === 204,
    `Alice's page asked POST /api/auth/logout with its access token, and was answered ${status}. It is 204: done, and nothing to say.`,
  )
  attempt.expect(
    (await isCut(tab)) && (await isCut(second)),
    'Alice signed out, and a socket of that session is still open. Everything that is sent to her goes on to appear on the screen that she has left. A socket checks its token once, at the handshake; after that somebody must cut it.',
  )
  expectTold(attempt, tab, 'session_revoked', 'Alice signed out')
  const rest = await api(server, alice, 'GET', '/api/auth/me')
  attempt.expect(
    rest.status === 401,
    `Alice signed out, and her access token was answered ${rest.status} at GET /api/auth/me. It is signed and its time is not over, but its session is: somebody has to ask. 401.`,
  )
  const refusal = await refusalOf(attempt, server, alice.token)
  attempt.expect(
    refusal === 'session_revoked',
    `Alice signed out, and her access token opened a socket again (${refusal ?? 'let in'}). The handshake refuses it with session_revoked.`,
  )
  const refreshed = await api(server, { token: undefined }, 'POST', '/api/auth/refresh', {
    headers: { cookie: alice.cookie, 'x-requested-with': 'fetch' },
  })
  attempt.expect(
    refreshed.status === 401,
    `Alice signed out, and her refresh token was answered ${refreshed.status}. Whoever has a copy of the cookie would be signed in again: 401.`,
  )
  await send(attempt, server, bob, alice, 'still here?')
  attempt.expect(
    other.socket.connected && (await other.gets('still here?')),
    'Alice signed out on one device, and her phone, a session of its own, was cut, too. Only one session has ended.',
  )

  attempt.step('the session of her phone ends because a refresh token was used twice')
  let cookie = phone.cookie
  for (let n = 1; n <= 2; n++) {
    const next = await api(server, { token: undefined }, 'POST', '/api/auth/refresh', {
      headers: { cookie, 'x-requested-with': 'fetch' },
    })
    cookie = next.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
  }
  await api(server, { token: undefined }, 'POST', '/api/auth/refresh', {
    headers: { cookie: phone.cookie, 'x-requested-with': 'fetch' },
  })
  attempt.expect(
    await isCut(other),
    'A refresh token was used twice, its session ended, and a socket of that session is still open: the thief goes on listening. However a session ends, its sockets end with it.',
  )

  // Long enough to connect with it, also on a slow machine.
  const TTL_S = Math.ceil(patience(2_000) / 1_000)
  attempt.step(`another server, whose tokens live for ${TTL_S} s: Bob connects, and does nothing`)
  const brief = await attempt.start({ env: { ...env, ACCESS_TOKEN_TTL_S: String(TTL_S) } })
  const short = await logIn(attempt, brief, bob)
  const { exp } = claimsOf(short.token) as { exp: number }
  const idle = await open(attempt, brief, short)
  const early = idle.socket.connected && Date.now() < exp * 1_000 - 200
  await sleep(Math.max(0, exp * 1_000 - Date.now() - 300))
  attempt.expect(
    !early || idle.socket.connected,
    'Bob connected with a token that was still good, and was cut before its time was over. The claim exp says when, in seconds since 1970.',
  )
  attempt.expect(
    await isCut(idle, 300 + MARGIN_MS),
    `Bob's token ended, and ${MARGIN_MS} ms later his socket was still open. Checked at the handshake alone, a token of 15 minutes is good for days. When a socket connects, you know when its token ends: that is the time to set a clock.`,
  )
  expectTold(attempt, idle, 'token_expired', "Bob's token ended")
}

/** Whether the server ends it in time. */
async function isCut({ socket }: Tab, withinMs = 4_000): Promise<boolean> {
  const deadline = Date.now() + patience(withinMs)
  while (socket.connected && Date.now() < deadline) await sleep(10)
  return !socket.connected
}

function expectTold(attempt: Attempt, tab: Tab, code: string, what: string): void {
  const told = tab.last('session:ended')?.code
  attempt.expect(
    told === code,
    `${what}, and the socket was cut with the event session:ended { code: ${told} } before it. The code is ${code}: with it a page knows whether to refresh, or to show the sign-in form.`,
  )
}
