import { nameKey } from '@levels/shared/server/names.ts'
import { type HandshakeAuth, type Notification, type Role, signedInAnswer } from '../../src/events.ts'
import type { Models } from '../../src/models.ts'
import { loadSecrets } from '../../src/sessions/index.ts'
import { createAccessTokens, createSessions } from '../../src/sessions/sessions.ts'
import { quickHash } from './quick-hash.ts'
import { JWT_SECRET, type TestServer } from './server.ts'
import { openTab, type Tab } from './tab.ts'

export const PASSWORD = 'password123'

/** An HTTP answer, its body read: JSON as what it says, anything else as text. */
export interface Answer {
  status: number
  body: Record<string, never> & Record<string, unknown>
  headers: Headers
}

/** A signed-in user, on one device. */
export interface Person {
  id: string
  username: string
  sid: string
  token: string
  /** `refresh_token=…` */
  cookie: string
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** Opens a tab and waits until it is up to date. */
  tab(auth?: Partial<HandshakeAuth>): Promise<Tab>
  /** Sends a notification and expects it to be stored. */
  send(to: string, title: string, more?: Record<string, unknown>): Promise<Notification>
}

let people = 0
const passwordHash = quickHash(PASSWORD)

/** Makes a user and signs in, without the time that hashing passwords takes. */
export async function newPerson(
  server: TestServer,
  { role = 'user', username = `user-${++people}` }: { role?: Role; username?: string } = {},
): Promise<Person> {
  const user = await server.models.User.create({
    username,
    usernameKey: nameKey(username),
    passwordHash: await passwordHash,
    role,
    createdAt: new Date(),
  })
  return signInOn(server, { id: user._id.toHexString(), username, role })
}

/** Signs the user in on one more device. */
export async function signInOn(
  server: TestServer,
  { id, username, role = 'user' }: { id: string; username: string; role?: Role },
  ttlS = 900,
): Promise<Person> {
  const { tokens, sessions } = await keysOf(server.models)
  const { sid, refreshToken } = await sessions.open(id, { userAgent: 'vitest', ip: '127.0.0.1' })
  const { token } = tokens.issue({ userId: id, sid, role }, ttlS)
  const person: Person = {
    id,
    username,
    sid,
    token,
    cookie: `refresh_token=${refreshToken}`,
    async api(method, path, body, headers) {
      const authorization = `Bearer ${person.token}`
      const answer = await request(server.url, method, path, body, { authorization, ...headers })
      expectAsDescribed(server, method, path, answer)
      return answer
    },
    tab: (auth) => openTab(server.url, { token: person.token, ...auth }),
    async send(to, title, more) {
      const { status, body } = await person.api('POST', '/api/notifications', {
        to,
        title,
        message: `${title}!`,
        ...more,
      })
      if (status !== 201) throw new Error(`not sent: ${status} ${JSON.stringify(body)}`)
      return body as unknown as Notification
    },
  }
  return person
}

/** An access token of that person, for so many seconds. */
export async function tokenFor(server: TestServer, person: Person, ttlS: number): Promise<string> {
  const { tokens } = await keysOf(server.models)
  return tokens.issue({ userId: person.id, sid: person.sid, role: 'user' }, ttlS).token
}

export async function request(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') ?? false
  const answer = isJson ? JSON.parse(text) : { text }
  if (response.ok && /^\/api\/auth\/(login|register|refresh)$/.test(path)) signedInAnswer.parse(answer)
  return { status: response.status, body: answer, headers: response.headers }
}

/** The same keys as the server's, which has the same secret. */
async function keysOf(models: Models) {
  const { accessTokenKey, refreshTokenKey } = await loadSecrets(models.Setting, JWT_SECRET)
  return {
    tokens: createAccessTokens(accessTokenKey, 900),
    sessions: createSessions(models.Session, refreshTokenKey, {
      onEnded: () => undefined,
      onReplayed: () => undefined,
    }),
  }
}

/** Every success is what the route's own schema says, to the letter. */
function expectAsDescribed(
  { routes }: TestServer,
  method: string,
  path: string,
  { status, body }: Answer,
): void {
  if (status >= 300) return
  const [pathname] = path.split('?', 1)
  const route = routes.find(
    (one) =>
      one.method === method.toLowerCase() &&
      new RegExp(`^${one.path.replace(/:\w+/g, '[^/]+')}$`).test(pathname ?? ''),
  )
  route?.answer?.parse(body)
}
