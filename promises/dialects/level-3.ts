import type { Socket } from 'socket.io-client'
import { createInbox } from '../../level-3-jwt-notifications/client/inbox.ts'
import type {
  Ack,
  ClientToServerEvents,
  HandshakeAuth,
  NotificationPage,
  Notification as Sent,
  ServerToClientEvents,
  SignedIn,
} from '../../level-3-jwt-notifications/src/events.ts'
import type { History } from '../history.ts'
import { type Answer, type Call, call, NoAnswer } from '../http.ts'
import { type Link, openLink } from '../links.ts'
import type { Dialect, DialectOptions, Outcome, Page, PageOptions, Person, SendOptions } from './dialect.ts'
import { createPageBase } from './page-base.ts'
import { connectSocket } from './socket-io.ts'

export type Level3Socket = Socket<ServerToClientEvents, ClientToServerEvents>

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
  /** Signs in once more: another device. Rejects when it is refused. */
  signIn(): Promise<Device>
}

/** What a sign-in gives: the answer, and the cookie beside it. */
export interface Device {
  accessToken: string
  cookie: string
}

export interface Level3PageOptions extends PageOptions {
  /** Another device's token; by default the person's own. */
  token?: string
}

export interface Level3Page extends Page {
  readonly socket: Level3Socket
  /** How far it has got in the log; undefined before the first answer. */
  readonly cursor: number | undefined
  /** `instance` of the last `session:ready`. */
  readonly instance: string | undefined
  /** The texts that came as missed: told apart from what was seen before. */
  readonly missed: readonly string[]
  /** The texts in its list, newest first: seen ones too. */
  list(): string[]
  /** From now on it does not come back when its connection ends. */
  stayAway(): void
  /** From now on it connects and renews with this token. */
  useToken(token: string): void
  ask(event: string, payload?: unknown, timeoutMs?: number): Promise<Ack<unknown>>
}

export const PASSWORD = 'password123'
const SEEN_AFTER_MS = 50
/** Hashing a password takes a while on purpose, and several people may come at once. */
const SIGN_IN_WITHIN_MS = 30_000
const GAP_PATIENCE_MS = 500
const AGAIN_AFTER_MS = 200
/** What the server itself tells people of: no notification that a run has sent. */
const OWN_TYPES = ['login.new', 'account']

export function speakLevel3(options: DialectOptions, level: 3 | 4 = 3): Level3 {
  const { urls, history, tag = '' } = options
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
        const outcome = await send(self, to, message, history, options)
        if (outcome.what !== 'refused' || outcome.code !== 'token_expired') return outcome
        // As the page does: a new token, and once more.
        const headers = { cookie: device.cookie, 'x-requested-with': 'fetch' }
        const answer = await call(`${link.url}/api/auth/refresh`, { method: 'POST', headers })
        if (answer.status === 200) device = deviceOf(answer)
        return send(self, to, message, history, options)
      },
      async openPage(how = {}) {
        const pageName = `${name}/${++pages}`
        const own = how.link ?? (await open(pageName, how.urls))
        const token = how.token ?? device.accessToken
        const page = openPage(pageName, name, token, own, { ...how, history, tag })
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
  { key, timeoutMs = 5_000 }: SendOptions = {},
): Promise<Outcome> {
  history.add(name, 'send', { message, to: [to] })
  try {
    const { status, json, text, headers } = await call(`${link.url}/api/notifications`, {
      method: 'POST',
      timeoutMs,
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
    history.add(name, 'refused', { message, note: `${status} ${code}` })
    return { what: 'refused', code, status, ...(retryAfter > 0 && { retryAfterS: retryAfter }) }
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
    history.add(name, 'unanswered', { message, note: error.message })
    return { what: 'unanswered', why: error.message }
  }
}

/** A page with level 3's own inbox behind its socket: what it shows is what a browser would show. */
function openPage(
  name: string,
  of: string,
  firstToken: string,
  link: Link,
  { hidden = false, ...options }: Level3PageOptions & Pick<DialectOptions, 'history' | 'tag'>,
): Level3Page {
  const base = createPageBase(name, of, link, options)
  const missed: string[] = []
  const inbox = createInbox({ onChange: () => undefined, onNew: show })
  const timers = new Map<string, NodeJS.Timeout>()
  let token = firstToken
  let seen: number | undefined
  let instance: string | undefined
  let isClosed = false
  let comesBack = true

  const auth = (): HandshakeAuth => ({ token, ...(inbox.cursor !== undefined && { after: inbox.cursor }) })
  const socket: Level3Socket = connectSocket(link.url, auth, base.wire)
  const ask: Level3Page['ask'] = (event, payload, timeoutMs = 5_000) =>
    (socket as Socket).timeout(timeoutMs).emitWithAck(event, ...(payload === undefined ? [] : [payload]))

  function show({ message, seq, type }: Sent): void {
    if (!OWN_TYPES.includes(type)) base.show(message, seq)
  }
  /** Does it once, soon, however often it is asked to. */
  function soon(what: string, ms: number, act: () => void): void {
    if (timers.has(what) || isClosed) return
    timers.set(
      what,
      setTimeout(() => {
        timers.delete(what)
        act()
      }, ms),
    )
  }
  function progress(): void {
    if (!hidden) soon('seen', SEEN_AFTER_MS, tellSeen)
    if (inbox.gap()) soon('gap', GAP_PATIENCE_MS, () => void fillGap())
  }
  function tellSeen(): void {
    if (inbox.cursor === undefined || inbox.cursor === seen || !socket.connected) return
    seen = inbox.cursor
    // Lost? Then the connection is, and after the next one it is told again.
    ask('notifications:seen', { upTo: seen }).catch(() => {
      seen = undefined
    })
  }
  async function fillGap(): Promise<void> {
    const gap = inbox.gap()
    if (!gap || !socket.connected) return
    const limit = Math.min(100, gap.before - gap.after - 1)
    const answer = await ask('notifications:fetch', { before: gap.before, limit }).catch(() => undefined)
    if (answer?.ok) {
      const { items, nextBefore } = answer.data as NotificationPage
      const from = Math.max(gap.after + 1, nextBefore ?? 1)
      const stretch = { from, to: gap.before - 1, items: items.filter(({ seq }) => seq >= from) }
      for (const one of inbox.stretch(stretch)) show(one)
    }
    progress()
  }

  socket.on('session:ready', (ready) => {
    instance = ready.instance
    seen = undefined
    inbox.connecting()
  })
  socket.on('notifications:initial', (snapshot) => {
    inbox.initial(snapshot)
    progress()
  })
  socket.on('notifications:missed', (packet) => {
    for (const one of inbox.missed(packet)) {
      if (!OWN_TYPES.includes(one.type)) missed.push(one.message)
      show(one)
    }
    progress()
    if (!packet.more) base.markReady()
  })
  socket.on('notification:new', (one) => {
    inbox.live(one)
    progress()
  })
  socket.on('notification:updated', inbox.updated)
  socket.on('notification:deleted', inbox.deleted)
  socket.on('notifications:all-read', inbox.allRead)
  socket.on('disconnect', (reason) => {
    base.markLost()
    // The server ended it: coming back is up to the page.
    if (reason === 'io server disconnect' && comesBack)
      soon('connect', AGAIN_AFTER_MS, () => socket.connect())
  })
  socket.on('connect_error', () => {
    // Refused, not unreachable (the database may be away just now).
    if (!socket.active && comesBack) soon('connect', AGAIN_AFTER_MS, () => socket.connect())
  })

  return {
    ...base,
    socket,
    missed,
    ask,
    get cursor() {
      return inbox.cursor
    },
    get instance() {
      return instance
    },
    get isConnected() {
      return socket.connected
    },
    list: () => inbox.list().map(({ message }) => message),
    stayAway() {
      comesBack = false
      socket.io.reconnection(false)
    },
    useToken(next) {
      token = next
    },
    close() {
      isClosed = true
      base.markClosed()
      for (const timer of timers.values()) clearTimeout(timer)
      socket.disconnect()
    },
  }
}
