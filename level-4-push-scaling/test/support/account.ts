import { randomUUID, scryptSync } from 'node:crypto'
import type { Models } from '@levels/3-jwt-notifications/src/doors.ts'
import { nameKey } from '@levels/shared/server/names.ts'
import * as events from '../../src/events.ts'

export const PASSWORD = 'password123'
export const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0'

/** A signed-in device of a user. */
export interface Account {
  username: string
  userId: string
  /** The access token. */
  token: string
  /** The answer's status and JSON body. */
  call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: ReturnType<typeof JSON.parse> }>
  /** The same user in a session of its own; with the usual user agent that is not a new device. */
  signInAgain(userAgent?: string): Promise<Account>
  signOut(): Promise<void>
}

interface NewAccount {
  email?: string
  role?: 'user' | 'admin'
  userAgent?: string
}

export async function createAccount(
  url: string,
  models: Models,
  { email, role = 'user', userAgent = USER_AGENT }: NewAccount = {},
): Promise<Account> {
  const username = `u${randomUUID().slice(0, 12)}`
  const account = { username, usernameKey: nameKey(username), passwordHash, role, createdAt: new Date() }
  await models.User.create({ ...account, ...(email !== undefined && { email }) })
  return signInByApi(url, username, userAgent)
}

/** Of PASSWORD, as level 3 stores it, with the lowest costs that there are: signing in takes no time. */
const passwordHash = (() => {
  const [N, r, p, salt] = [2, 1, 1, Buffer.from('salt')]
  const key = scryptSync(PASSWORD, salt, 32, { N, r, p })
  return ['scrypt', N, r, p, salt.toString('base64'), key.toString('base64')].join('$')
})()

/** Signs somebody in whose password is PASSWORD, without a page. Rejects when that is refused. */
export async function signInByApi(url: string, username: string, userAgent = USER_AGENT): Promise<Account> {
  const response = await fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': userAgent },
    body: JSON.stringify({ username, password: PASSWORD }),
  })
  const answer = JSON.parse(await response.text())
  if (!response.ok) throw new Error(`login: ${JSON.stringify(answer)}`)
  const { user, accessToken } = answer
  const cookie = response.headers.getSetCookie().map((header) => header.split(';')[0])
  const send = (method: string, path: string, sent?: unknown, headers = {}) =>
    fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${accessToken}`,
        ...(sent !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: sent === undefined ? undefined : JSON.stringify(sent),
    })

  return {
    username,
    userId: user.id,
    token: accessToken,
    async call(method, path, sent) {
      const answered = await send(method, path, sent)
      const text = await answered.text()
      const body = text ? JSON.parse(text) : undefined
      if (answered.ok) answerTo(method, path)?.parse(body)
      return { status: answered.status, body }
    },
    signInAgain: (userAgent) => signInByApi(url, username, userAgent),
    async signOut() {
      const headers = { cookie: cookie.join('; '), 'x-requested-with': 'fetch' }
      const { status } = await send('POST', '/api/auth/logout', undefined, headers)
      if (status !== 204) throw new Error(`logout: ${status}`)
    },
  }
}

/** What success looks like: an answer whose field has another name than the page expects fails the test that got it. */
function answerTo(method: string, path: string) {
  const [route = ''] = path.replace(/[0-9a-f]{24}/i, ':id').split('?', 1)
  const answers = {
    'GET /api/push/public-key': events.publicKeyAnswer,
    'POST /api/push/subscriptions': events.savedSubscription,
    'GET /api/push/subscriptions': events.savedSubscriptions,
    'POST /api/push/test': events.testMessage,
    'GET /api/push/test/:id': events.testResult,
    'GET /api/admin/deliveries': events.deliveryPage,
    'GET /api/admin/deliveries/stats': events.deliveryStats,
    'POST /api/admin/deliveries/:id/retry': events.delivery,
  }
  return Object.entries(answers).find(([name]) => name === `${method} ${route}`)?.[1]
}
