import { Agent } from 'node:http'
import type { Notification as Sent, SignedIn } from '../../level-3-jwt-notifications/src/events.ts'
import type { History } from '../history.ts'
import { type Answer, type Call, call, NoAnswer } from '../http.ts'
import { openLink } from '../links.ts'
import type { Dialect, DialectOptions, Outcome, Person, SendOptions } from './dialect.ts'
import { type Level3Page, type Level3PageOptions, openPage } from './level-3-page.ts'

export type { Level3Page } from './level-3-page.ts'

/** Levels 3 and 4: accounts, tokens, a log of notifications per user. */
export interface Level3 extends Dialect {
  readonly level: 3 | 4
  person(name: string): Promise<Level3Person>
  /** Calls the API, as nobody. */
  api(method: string, path: string, call?: Call): Promise<Answer>
}

export interface Level3Person extends Person {
  readonly id: string
  /** The access token of the newest session. */
  readonly token: string
  /** The refresh cookie of the newest session: `refresh_token=…`. */
  readonly cookie: string
  openPage(options?: Level3PageOptions): Promise<Level3Page>
  /** Calls the API as this person, over the person's link. Rejects with NoAnswer. */
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** Gets a new access token with the refresh cookie, as every page of this person needs it. Rejects with NoAnswer. */
  renew(): Promise<string>
  /** From now on sends and renews with this token, until it is refused. */
  useToken(token: string): void
  /** Signs in once more: another device. Rejects when it is refused. */
  signIn(): Promise<Device>
}

/** What a sign-in gives: the answer, and the cookie beside it. */
export interface Device {
  accessToken: string
  cookie: string
}

export const PASSWORD = 'password123'
/** Hashing a password takes a while on purpose, and several people may come at once. */
const SIGN_IN_WITHIN_MS = 60_000

export function speakLevel3(options: DialectOptions, level: 3 | 4 = 3): Level3 {
  const { urls, history, tag = '', keepsConnections = false } = options
  const closers: (() => void)[] = []
  let opened = 0
  /** Instances take turns, and each link leads to the others when its own is gone. */
  const open = async (name: string, targets: readonly string[] = rotate(urls, opened++)) => {
    const link = await openLink({ targets, history, name })
    closers.push(link.close)
    return link
  }

  async function person(label: string): Promise<Level3Person> {
    const name = tag ? `${label}-${tag}` : label
    const link = await open(`${name}'s sender`)
    const registered = await signInWith(link.url, 'register', name)
    let device = deviceOf(registered)
    let pages = 0
    const agent = keepsConnections ? new Agent({ keepAlive: true }) : undefined
    if (agent) closers.push(() => agent.destroy())
    let renewing: Promise<string> | undefined

    /** Whoever asks meanwhile gets the same answer: as the tabs of one browser do. */
    function renew(): Promise<string> {
      renewing ??= refresh().finally(() => {
        renewing = undefined
      })
      return renewing
    }
    async function refresh(): Promise<string> {
      const headers = { cookie: device.cookie, 'x-requested-with': 'fetch' }
      const answer = await call(`${link.url}/api/auth/refresh`, { method: 'POST', headers })
      if (answer.status !== 200) throw new NoAnswer(`POST /api/auth/refresh: ${answer.status}`)
      device = deviceOf(answer)
      return device.accessToken
    }

    const self: Level3Person = {
      name,
      link,
      id: (registered.json as SignedIn).user.id,
      get token() {
        return device.accessToken
      },
      get cookie() {
        return device.cookie
      },
      signIn: async () => deviceOf(await signInWith(link.url, 'login', name)),
      async api(method, path, body, headers) {
        const answer = await call(link.url + path, {
          method,
          body,
          headers: { authorization: `Bearer ${device.accessToken}`, ...headers },
        })
        history.add(name, 'wire', {
          note: `${method} ${path} → ${answer.status} ${answer.text.slice(0, 160)}`,
        })
        return answer
      },
      async send(to, message, options) {
        const outcome = await send(self, to, message, history, { ...options, agent })
        if (outcome.what !== 'refused' || outcome.code !== 'token_expired') return outcome
        // As the page does: a new token, and once more.
        try {
          await renew()
        } catch (error) {
          if (!(error instanceof NoAnswer)) throw error
          return { what: 'unanswered', why: error.message }
        }
        return send(self, to, message, history, { ...options, agent })
      },
      renew,
      useToken(accessToken) {
        device = { ...device, accessToken }
      },
      async openPage(how = {}) {
        const pageName = `${name}/${++pages}`
        const own = how.link ?? (await open(pageName, how.urls))
        const token = how.token ?? device.accessToken
        const page = openPage(pageName, name, token, own, { renew, ...how, history, tag })
        closers.push(page.close)
        if (how.wait !== false) await page.ready()
        return page
      },
    }
    return self
  }

  return {
    level,
    person,
    api: (method, path, options) => call(urls[0] + path, { ...options, method }),
    close() {
      for (const close of closers.splice(0)) close()
    },
  }
}

const rotate = (urls: readonly string[], by: number) => [
  ...urls.slice(by % urls.length),
  ...urls.slice(0, by % urls.length),
]

async function signInWith(url: string, how: 'register' | 'login', username: string): Promise<Answer> {
  const answer = await call(`${url}/api/auth/${how}`, {
    method: 'POST',
    body: { username, password: PASSWORD },
    timeoutMs: SIGN_IN_WITHIN_MS,
  })
  if (answer.status < 300) return answer
  throw new Error(`POST /api/auth/${how} of ${username}: ${answer.status} ${answer.text.slice(0, 200)}`)
}

/** The token in the answer and the cookie beside it. */
export function deviceOf({ json, headers }: Answer): Device {
  const cookie = headers['set-cookie']?.find((line) => line.startsWith('refresh_token='))?.split(';')[0]
  return { accessToken: (json as SignedIn).accessToken, cookie: cookie ?? '' }
}

async function send(
  { name, link, token }: Level3Person,
  to: string,
  message: string,
  history: History,
  { key, timeoutMs = 5_000, agent }: SendOptions & Pick<Call, 'agent'> = {},
): Promise<Outcome> {
  history.add(name, 'send', { message, to: [to] })
  try {
    const { status, json, text, headers } = await call(`${link.url}/api/notifications`, {
      method: 'POST',
      timeoutMs,
      agent,
      body: { to, title: message, message },
      headers: { authorization: `Bearer ${token}`, ...(key !== undefined && { 'idempotency-key': key }) },
    })
    history.add(name, 'wire', {
      note: `POST /api/notifications ${message} → ${status} ${text.slice(0, 120)}`,
    })
    if (status < 300) {
      const { seq } = json as Sent
      history.add(name, 'acknowledged', { message, seq })
      return { what: 'acknowledged' }
    }
    const code = String((json as { code?: unknown } | undefined)?.code ?? status)
    const retryAfter = Number(headers['retry-after'])
    // Whatever answers without a code is no such server: what it says tells who it is.
    const note =
      code === String(status) ? `${status} without a code: ${text.slice(0, 60)}` : `${status} ${code}`
    history.add(name, 'refused', { message, note })
    return { what: 'refused', code, status, ...(retryAfter > 0 && { retryAfterS: retryAfter }) }
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
    history.add(name, 'unanswered', { message, note: error.message })
    return { what: 'unanswered', why: error.message }
  }
}
