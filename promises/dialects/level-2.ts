import { setTimeout as sleep } from 'node:timers/promises'
import type { Socket } from 'socket.io-client'
import type {
  Acknowledgement,
  ClientToServerEvents,
  Handshake,
  ServerToClientEvents,
  Session,
} from '../../level-2-socketio/src/events.ts'
import type { History } from '../history.ts'
import { call, NoAnswer } from '../http.ts'
import { type Link, openLink } from '../links.ts'
import type { Dialect, DialectOptions, Outcome, Page, Person, SendOptions } from './dialect.ts'
import { createPageBase } from './page-base.ts'
import { connectSocket } from './socket-io.ts'

export type Level2Socket = Socket<ServerToClientEvents, ClientToServerEvents>

/** Level 2: Socket.IO, a name in the handshake, every event answered. */
export interface Level2 extends Dialect {
  readonly level: 2
  person(name: string): Promise<Level2Person>
  /** `POST /notify {text, to?}`. */
  notify(message: string, to?: string): Promise<Outcome>
}

export interface Level2Person extends Person {
  openPage(options?: Parameters<Person['openPage']>[0]): Promise<Level2Page>
  /** From the last `session` event: what another page needs to be the same person. */
  readonly sessionId: string | undefined
}

export interface Level2Page extends Page {
  readonly socket: Level2Socket
  /** The last `session` event. */
  readonly session: Session | undefined
  /** Sends any event and waits for its acknowledgement; rejects when none comes within `timeoutMs` (5,000). */
  ask(event: string, payload?: unknown, timeoutMs?: number): Promise<Acknowledgement<unknown>>
}

/** Below the limit of 20 events in any second. */
const SEND_EVERY_MS = 60
const REFUSED_AGAIN_MS = 300

export function speakLevel2(options: DialectOptions): Level2 {
  const { urls, history, tag = '' } = options
  const closers: (() => void)[] = []
  const open = async (name: string) => {
    const link = await openLink({ targets: urls, history, name })
    closers.push(link.close)
    return link
  }

  async function person(label: string): Promise<Level2Person> {
    const name = tag ? `${label}-${tag}` : label
    const link = await open(`${name}'s sender`)
    const identity: Identity = { username: name, sessionId: undefined }
    let pages = 0
    let sender: Level2Page | undefined
    /** Over when the next event may be sent. */
    let turn: Promise<unknown> = Promise.resolve()

    async function send(
      to: string,
      message: string,
      { timeoutMs = 5_000 }: SendOptions = {},
    ): Promise<Outcome> {
      sender ??= openPage(`${name}'s sender`, identity, link, {
        history: createSilentHistory(history),
        tag,
      })
      closers.push(sender.close)
      await sender.ready()
      const mine = turn
      turn = mine.then(() => sleep(SEND_EVERY_MS))
      await mine
      // A private message shows in the sender's own pages, too.
      history.add(name, 'send', { message, to: to === '*' ? ['*'] : [to, name] })
      const payload = to === '*' ? { text: message } : { text: message, to }
      return record(history, name, message, () => ask(sender, payload, timeoutMs))
    }
    async function ask(page: Level2Page | undefined, payload: object, timeoutMs: number): Promise<Outcome> {
      if (!page?.socket.connected) return { what: 'unanswered', why: 'not connected' }
      const answer = await page.ask('message:send', payload, timeoutMs)
      return answer.ok ? { what: 'acknowledged' } : { what: 'refused', code: answer.error.code }
    }

    return {
      name,
      link,
      get sessionId() {
        return identity.sessionId
      },
      send,
      async openPage({ link: given, wait } = {}) {
        const pageName = `${name}/${++pages}`
        const own = given ?? (await open(pageName))
        const page = openPage(pageName, identity, own, options)
        closers.push(page.close)
        if (wait !== false) await page.ready()
        return page
      },
    }
  }

  return {
    level: 2,
    person,
    notify: async (message, to) => {
      history.add('notify', 'send', { message, to: [to ?? '*'] })
      return record(history, 'notify', message, async () => {
        const { status, json } = await call(`${urls[0]}/notify`, {
          method: 'POST',
          body: { text: message, to },
        })
        if (status === 202) return { what: 'acknowledged' }
        return { what: 'refused', code: codeOf(json), status }
      })
    },
    close() {
      for (const close of closers.splice(0)) close()
    },
  }
}

interface Identity {
  username: string
  sessionId: string | undefined
}

/** The code of an error: `{ error: { code } }`, as levels 1 and 2 answer. */
const codeOf = (json: unknown) =>
  String((json as { error?: { code?: unknown } } | undefined)?.error?.code ?? '')

async function record(
  history: History,
  who: string,
  message: string,
  send: () => Promise<Outcome>,
): Promise<Outcome> {
  const outcome = await send().catch((error: Error): Outcome => {
    if (error instanceof NoAnswer || /timed out|timeout|disconnected/i.test(error.message)) {
      return { what: 'unanswered', why: error.message }
    }
    throw error
  })
  const note =
    outcome.what === 'refused' ? outcome.code : outcome.what === 'unanswered' ? outcome.why : undefined
  history.add(who, outcome.what, { message, ...(note !== undefined && { note }) })
  return outcome
}

/** A sender's own tab writes down what crosses its wire; what it shows is nobody's concern. */
function createSilentHistory(history: History): History {
  return { ...history, add: (who, what, more) => what === 'wire' && history.add(who, what, more) }
}

function openPage(
  name: string,
  identity: Identity,
  link: Link,
  options: Pick<DialectOptions, 'history' | 'tag'>,
): Level2Page {
  const base = createPageBase(name, identity.username, link, options)
  const auth = (): Handshake => ({
    username: identity.username,
    ...(identity.sessionId !== undefined && { sessionId: identity.sessionId }),
  })
  const socket: Level2Socket = connectSocket(link.url, auth, base.wire)
  let session: Session | undefined
  let timer: NodeJS.Timeout | undefined

  socket.on('session', (welcome) => {
    session = welcome
    identity.sessionId = welcome.sessionId
    base.markReady()
  })
  socket.on('disconnect', base.markLost)
  socket.on('connect_error', () => {
    // Refused after it was let in before, as by a server that has just been restarted: it asks again.
    if (!socket.active && session) timer = setTimeout(() => socket.connect(), REFUSED_AGAIN_MS)
  })
  socket.on('message:new', ({ text }) => base.show(text))
  socket.on('notification:new', ({ text }) => base.show(text))

  return {
    ...base,
    socket,
    get session() {
      return session
    },
    get isConnected() {
      return socket.connected
    },
    ask: (event, payload, timeoutMs = 5_000) => {
      const args = payload === undefined ? [] : [payload]
      return (socket as Socket).timeout(timeoutMs).emitWithAck(event, ...args)
    },
    close() {
      base.markClosed()
      clearTimeout(timer)
      socket.disconnect()
    },
  }
}
