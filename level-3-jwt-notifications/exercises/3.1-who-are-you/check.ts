import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { claimsOf, forge } from '../../../promises/experiments/tokens.ts'
import { startDatabase } from '../database.ts'
import { api, open, refusalOf, register, send } from '../people.ts'

export async function check(attempt: Attempt): Promise<void> {
  const { env } = await startDatabase(attempt)
  const server = await attempt.start({ env })

  attempt.step('Alice and Bob make accounts')
  const alice = await register(attempt, server, 'Alice')
  const bob = await register(attempt, server, 'Bob')
  const claims = claimsOf(alice.token)
  const now = Math.floor(Date.now() / 1_000)
  const [head, , signature] = bob.token.split('.')
  const renamed = Buffer.from(JSON.stringify({ ...claimsOf(bob.token), ...names(claims) })).toString(
    'base64url',
  )

  attempt.step('Mallory tries tokens that are none')
  const wrong: [what: string, token: string | undefined, code: string][] = [
    ['without a token', undefined, 'token_missing'],
    ['with the word "garbage" as token', 'garbage', 'token_invalid'],
    [
      "with Alice's claims, signed with a key of her own",
      forge(claims, 'a key of her own, long enough, too'),
      'token_invalid',
    ],
    ["with Alice's claims and no signature (alg none)", forge(claims, '', 'none'), 'token_invalid'],
    ["with Alice's name in a token of Bob's", `${head}.${renamed}.${signature}`, 'token_invalid'],
    [
      'with a token of the right key for another purpose (another aud)',
      forge({ ...claims, aud: 'refresh' }, env.JWT_SECRET),
      'token_invalid',
    ],
    [
      'with a token of the right key from another issuer (another iss)',
      forge({ ...claims, iss: 'somebody else' }, env.JWT_SECRET),
      'token_invalid',
    ],
    [
      'with a token of the right key by another algorithm (HS512)',
      forge(claims, env.JWT_SECRET, 'HS512'),
      'token_invalid',
    ],
    [
      "with Alice's token of yesterday",
      forge({ ...claims, iat: now - 90_000, exp: now - 86_400 }, env.JWT_SECRET),
      'token_expired',
    ],
  ]
  for (const [what, token, code] of wrong) {
    const { status, json } = await api(server, { token }, 'GET', '/api/auth/me')
    const given = (json as { code?: unknown } | undefined)?.code
    attempt.saw(`Mallory asks GET /api/auth/me ${what}: ${status} ${given ?? ''}`)
    attempt.expect(
      status === 401,
      `Mallory asked GET /api/auth/me ${what}, and was answered ${status}. What a token says is worth nothing until its signature, its algorithm, its issuer, its purpose and its time are checked: 401.`,
    )
    attempt.expect(
      given === code,
      `Mallory asked GET /api/auth/me ${what}: 401, with the code ${given}. The code is ${code}: with it a page knows whether to refresh its token or to ask for the password.`,
    )
    const refusal = await refusalOf(attempt, server, token)
    attempt.saw(`Mallory opens a socket ${what}: ${refusal ?? 'let in'}`)
    attempt.expect(
      refusal !== undefined,
      `Mallory opened a socket ${what}, and was let in. A socket is a door of its own: what REST checks, io.use must check, too.`,
    )
    attempt.expect(
      refusal === code,
      `Mallory opened a socket ${what}, and was refused with ${refusal}. The error for next() carries data: { code: '${code}' }, which the page finds as err.data.code.`,
    )
  }

  attempt.step('Alice and Bob come with their own tokens')
  const me = await api(server, alice, 'GET', '/api/auth/me')
  attempt.expect(
    me.status === 200,
    `Alice asked GET /api/auth/me with the token that she had just got, and was answered ${me.status}. What this server signed itself it must accept.`,
  )
  const tab = await open(attempt, server, alice)
  const { status } = await send(attempt, server, bob, alice, 'Lunch?')
  attempt.expect(
    status === 201,
    `Bob sent Alice "Lunch?" with a good token, and was answered ${status}. It is 201.`,
  )
  attempt.expect(
    await tab.gets('Lunch?'),
    'Bob sent Alice "Lunch?", and her tab, which is connected with a good token, got nothing.',
  )
}

/** What says who somebody is. */
function names(claims: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !['iat', 'exp'].includes(name)))
}
