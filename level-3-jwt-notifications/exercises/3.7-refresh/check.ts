import { setTimeout as sleep } from 'node:timers/promises'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import type { Program } from '@levels/shared/exercises/program.ts'
import { startDatabase } from '../database.ts'
import { api, cookieOf, logIn, register } from '../people.ts'

const SHORT_GRACE_MS = 100

export async function check(attempt: Attempt): Promise<void> {
  const { env } = await startDatabase(attempt)
  const server = await attempt.start({ env })
  const alice = await register(attempt, server, 'Alice')

  attempt.step('Alice refreshes')
  attempt.expect(
    alice.cookie !== '',
    'Alice signed in, and the answer set no cookie refresh_token. With the access token alone she would have to type her password every 15 minutes.',
  )
  const bare = await api(server, { token: undefined }, 'POST', '/api/auth/refresh', {
    headers: { cookie: alice.cookie },
  })
  attempt.expect(
    bare.status === 403,
    `POST /api/auth/refresh without the header X-Requested-With: fetch was answered ${bare.status}. A browser attaches the cookie by itself, also to the form of a foreign page; a header only our own page can set. 403.`,
  )
  const first = await refresh(attempt, server, alice.cookie)
  attempt.expect(
    first.status === 200,
    `Alice refreshed with the cookie from her sign-in, and was answered ${first.status}. It is 200, with a new accessToken.`,
  )
  attempt.expect(
    first.cookie !== '' && first.cookie !== alice.cookie,
    'Alice refreshed, and her cookie stayed the same. A token that is good forever is as good for a thief, and nobody would ever notice.',
  )
  attempt.expect(
    /httponly/i.test(first.setCookie) &&
      /samesite=strict/i.test(first.setCookie) &&
      /path=\/api\/auth/i.test(first.setCookie),
    `The refresh cookie is set with "${first.setCookie.replace(/^[^;]*;? ?/, '')}". It needs HttpOnly (no script reads it), SameSite=Strict (no other site sends it) and Path=/api/auth.`,
  )
  const me = await api(server, { token: first.token }, 'GET', '/api/auth/me')
  attempt.expect(
    me.status === 200,
    `Alice refreshed, and her new access token was answered ${me.status} at GET /api/auth/me. It is as good as the first.`,
  )
  const asAccess = await api(server, { token: first.cookie.split('=')[1] }, 'GET', '/api/auth/me')
  attempt.expect(
    asAccess.status === 401,
    `The refresh token was shown as an access token, and answered ${asAccess.status}. It is for one purpose only: 401.`,
  )
  attempt.step('three of her tabs refresh in the same moment, with the same cookie')
  const tabs = await Promise.all([
    refresh(attempt, server, first.cookie),
    refresh(attempt, server, first.cookie),
    refresh(attempt, server, first.cookie),
  ])
  const loser = tabs.find(({ status }) => status !== 200)
  attempt.expect(
    !loser,
    `Three tabs refreshed at once with one cookie, and one was answered ${loser?.status}. That is no theft, it happens each time that a browser opens with several tabs. For a while, and as long as the successor was not used, the used token gets the winner's.`,
  )
  const second = await refresh(attempt, server, tabs[0]?.cookie ?? '')
  attempt.expect(
    second.status === 200,
    `Three tabs refreshed at once, and the cookie that one of them got was answered ${second.status} at its next refresh. All of them share one cookie afterwards: whichever came last must be good.`,
  )

  attempt.step('a thief shows a copy of the first cookie')
  const phone = await logIn(attempt, server, alice)
  const thief = await refresh(attempt, server, alice.cookie)
  attempt.expect(
    thief.status === 401,
    `A refresh token was used, its successor was used, and then it was shown once more. The answer was ${thief.status}. Two parties have this token, and one of them is a thief: 401.`,
  )
  const victim = await refresh(attempt, server, second.cookie)
  attempt.expect(
    victim.status === 401,
    `A token was used twice, long after its successor was used. The one that shows it now was refused, and the newest one is still good (${victim.status}). What if the thief was first, and the newest one is the thief's? Nobody can tell: the session ends.`,
  )
  const elsewhere = await refresh(attempt, server, phone.cookie)
  attempt.expect(
    elsewhere.status === 200,
    `Alice's session on one device ended, and her phone, which has a session of its own, was answered ${elsewhere.status}. Only what was stolen ends.`,
  )
  const made = await refresh(attempt, server, 'refresh_token=garbage')
  attempt.expect(made.status === 401, `A made-up refresh token was answered ${made.status}. It is 401.`)

  attempt.step(`a server whose grace is ${SHORT_GRACE_MS} ms: a used token comes back later than that`)
  const strict = await attempt.start({ env: { ...env, REFRESH_GRACE_MS: String(SHORT_GRACE_MS) } })
  const next = await refresh(attempt, strict, elsewhere.cookie)
  await sleep(4 * SHORT_GRACE_MS)
  const late = await refresh(attempt, strict, elsewhere.cookie)
  const now = await refresh(attempt, strict, next.cookie)
  attempt.expect(
    late.status === 401 && now.status === 401,
    `A used token came back ${4 * SHORT_GRACE_MS} ms later, with REFRESH_GRACE_MS=${SHORT_GRACE_MS}: it was answered ${late.status}, and its successor after that ${now.status}. Two tabs are milliseconds apart. Later than the grace it is a theft, and the session ends.`,
  )
}

async function refresh(attempt: Attempt, server: Program, cookie: string) {
  const answer = await api(server, { token: undefined }, 'POST', '/api/auth/refresh', {
    headers: { cookie, 'x-requested-with': 'fetch' },
  })
  attempt.saw(`POST /api/auth/refresh: ${answer.status}`)
  const { accessToken = '' } = (answer.json ?? {}) as { accessToken?: string }
  const setCookie = answer.headers['set-cookie']?.find((line) => line.startsWith('refresh_token=')) ?? ''
  return { status: answer.status, token: accessToken, cookie: cookieOf(answer), setCookie }
}
