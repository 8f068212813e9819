import type { Socket } from 'socket.io-client'
import { createInbox } from '../../level-3-jwt-notifications/client/inbox.ts'
import type {
  Ack,
  ClientToServerEvents,
  HandshakeAuth,
  NotificationPage,
  Notification as Sent,
  ServerToClientEvents,
} from '../../level-3-jwt-notifications/src/events.ts'
import type { Link } from '../links.ts'
import type { DialectOptions, Page, PageOptions } from './dialect.ts'
import { createPageBase } from './page-base.ts'
import { connectSocket } from './socket-io.ts'

export type Level3Socket = Socket<ServerToClientEvents, ClientToServerEvents>

export interface Level3PageOptions extends PageOptions {
  /** Another device's token; by default the person's own. */
  token?: string
  /** Gets a new token when the old one ends or has ended, as a browser's page does; without it, by hand. */
  renews?: boolean
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

/** The events of one socket are limited, at 20 a second. */
const SEEN_AFTER_MS = 200
const GAP_PATIENCE_MS = 500
const AGAIN_AFTER_MS = 200
/** What the server itself tells people of: no notification that a run has sent. */
const OWN_TYPES = ['login.new', 'account']

interface PageParts extends Pick<DialectOptions, 'history' | 'tag'> {
  /** Gets a new access token. */
  renew(): Promise<string>
}

/** A page with level 3's own inbox behind its socket: what it shows is what a browser would show. */
export function openPage(
  name: string,
  of: string,
  firstToken: string,
  link: Link,
  { hidden = false, renews = false, renew, ...options }: Level3PageOptions & PageParts,
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
  function soon(what: string, ms: number, act: () => void | Promise<void>): void {
    if (timers.has(what) || isClosed) return
    timers.set(
      what,
      setTimeout(() => {
        timers.delete(what)
        void act()
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
    if (reason === 'io server disconnect') comeBack()
  })
  socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
    // Refused, not unreachable (the database may be away just now).
    if (!socket.active) comeBack(error.data?.code === 'token_expired')
  })
  socket.on('session:expiring', () => {
    if (renews) void renewLive()
  })

  function comeBack(withNewToken = false): void {
    if (!comesBack) return
    soon('connect', AGAIN_AFTER_MS, async () => {
      if (withNewToken && renews) await renewToken()
      socket.connect()
    })
  }
  /** No answer? Then the connection is refused once more, and it is tried once more. */
  async function renewToken(): Promise<void> {
    token = await renew().catch(() => token)
  }
  async function renewLive(): Promise<void> {
    await renewToken()
    // Lost? Then the next connection brings the token.
    await ask('session:renew', { token }).catch(() => undefined)
  }

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
