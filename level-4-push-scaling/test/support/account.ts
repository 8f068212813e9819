import { randomUUID } from 'node:crypto'
import type { Models } from '@levels/3-jwt-notifications/src/doors.ts'

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
  const registered = await authenticate(url, 'register', { username, password: PASSWORD, email }, userAgent)
  if (role === 'user') return registered
  await models.User.updateOne({ _id: registered.userId }, { $set: { role } })
  return registered.signInAgain(userAgent)
}

async function authenticate(url: string, how: string, body: object, userAgent: string): Promise<Account> {
  const response = await fetch(`${url}/api/auth/${how}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': userAgent },
    body: JSON.stringify(body),
  })
  const answer = JSON.parse(await response.text())
  if (!response.ok) throw new Error(`${how}: ${JSON.stringify(answer)}`)
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
    username: user.username,
    userId: user.id,
    token: accessToken,
    async call(method, path, sent) {
      const answered = await send(method, path, sent)
      const text = await answered.text()
      return { status: answered.status, body: text ? JSON.parse(text) : undefined }
    },
    signInAgain: (agent = USER_AGENT) =>
      authenticate(url, 'login', { username: user.username, password: PASSWORD }, agent),
    async signOut() {
      const headers = { cookie: cookie.join('; '), 'x-requested-with': 'fetch' }
      const { status } = await send('POST', '/api/auth/logout', undefined, headers)
      if (status !== 204) throw new Error(`logout: ${status}`)
    },
  }
}
