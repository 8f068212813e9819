import type { Experiment } from '../arena.ts'
import { claimsOf, forge, handshakeRefusal, restStatus } from './tokens.ts'

const OTHER_SECRET = 'another secret that is long enough, too'

/** Everything that is no valid access token: no REST, no socket, on any instance. */
export const identity: Experiment = async (arena) => {
  const bob = await arena.level3.person('bob')
  const { urls, services } = arena.stage
  const secret = services?.jwtSecret ?? process.env.JWT_SECRET
  const claims = claimsOf(bob.token)
  const now = Math.floor(Date.now() / 1_000)
  const [head = '', body = '', signature = ''] = bob.token.split('.')
  const tampered = Buffer.from(JSON.stringify({ ...claims, sub: '0'.repeat(24), role: 'admin' })).toString(
    'base64url',
  )

  const tokens: [what: string, token: string | undefined][] = [
    ['no token', undefined],
    ['an empty one', ''],
    ['garbage', 'garbage'],
    ['half of one', `${head}.${body}`],
    ['one with other claims', `${head}.${tampered}.${signature}`],
    ['one of another key', forge(claims, OTHER_SECRET)],
    ['one without a signature', forge(claims, '', 'none')],
    ['the refresh token', bob.cookie.split('=')[1]],
  ]
  if (secret) {
    tokens.push(
      ['an expired one', forge({ ...claims, iat: now - 100, exp: now - 10 }, secret)],
      ['another algorithm (HS512)', forge(claims, secret, 'HS512')],
      ['another purpose (aud)', forge({ ...claims, aud: 'refresh' }, secret)],
      ['another issuer (iss)', forge({ ...claims, iss: 'somebody-else' }, secret)],
      ['a session that never was', forge({ ...claims, sid: 'never' }, secret)],
    )
  }
  const wrong: string[] = []
  for (const url of urls) {
    for (const [what, token] of tokens) {
      const status = await restStatus(url, token)
      if (status !== 401) wrong.push(`REST with ${what}: ${status}`)
      if ((await handshakeRefusal(url, token)) === undefined) wrong.push(`a socket with ${what}: let in`)
    }
    // The same by the same hand, but right: so it is the wrong in the others that was refused.
    const control = secret ? forge(claims, secret) : bob.token
    if ((await restStatus(url, control)) !== 200) wrong.push('REST with a good token: refused')
    if ((await handshakeRefusal(url, control)) !== undefined)
      wrong.push('a socket with a good token: refused')
  }
  const instances = urls.length > 1 ? ` on each of ${urls.length} instances` : ''
  const evidence = `${tokens.length} tokens that are none, at REST and at the socket${instances}: ${wrong.length} let in; a good one: let in`
  if (wrong.length > 0) return { verdict: 'broken', evidence: `${evidence}; ${wrong.slice(0, 3).join('; ')}` }
  if (secret) return { verdict: 'kept', evidence }
  return {
    verdict: 'not tried',
    evidence: `${evidence}; expired ones and other algorithms need the key: set JWT_SECRET to the server’s`,
  }
}
