import { WebSocket } from 'ws'
import type { History } from '../history.ts'
import { call, NoAnswer } from '../http.ts'
import { type Link, openLink } from '../links.ts'
import type { Dialect, DialectOptions, Outcome, Page, Person } from './dialect.ts'
import { createPageBase } from './page-base.ts'

/** Level 1: a WebSocket at `/ws` that echoes, and `POST /notify` for everyone. */
export interface Level1 extends Dialect {
  readonly level: 1
  person(name: string): Promise<Level1Person>
}

export interface Level1Person extends Person {
  openPage(options?: Parameters<Person['openPage']>[0]): Promise<Level1Page>
}

export interface Level1Page extends Page {
  /** Sends a text or bytes over the page's own socket, as the page's Send button does. False while not connected. */
  say(data: string | Buffer): boolean
}

const RECONNECT_MS = { min: 150, max: 600 }

export function speakLevel1(options: DialectOptions): Level1 {
  const { urls, history } = options
  const closers: (() => void)[] = []

  async function person(name: string): Promise<Level1Person> {
    const link = await openLink({ targets: urls, history, name: `${name}'s sender` })
    closers.push(link.close)
    let pages = 0
    return {
      name,
      link,
      send: (_to, message, { timeoutMs } = {}) => notify(link.url, name, message, history, timeoutMs),
      async openPage({ link: given, wait } = {}) {
        const pageName = `${name}/${++pages}`
        const own = given ?? (await openLink({ targets: urls, history, name: pageName }))
        const page = openPage(pageName, name, own, options)
        closers.push(page.close, own.close)
        if (wait !== false) await page.ready()
        return page
      },
    }
  }

  return {
    level: 1,
    person,
    close() {
      for (const close of closers.splice(0)) close()
    },
  }
}

/** `POST /notify`: 202 is the acknowledgement. */
async function notify(
  url: string,
  who: string,
  message: string,
  history: History,
  timeoutMs = 5_000,
): Promise<Outcome> {
  history.add(who, 'send', { message, to: ['*'] })
  try {
    const { status, text } = await call(`${url}/notify`, { method: 'POST', body: message, timeoutMs })
    history.add(who, 'wire', { note: `POST /notify ${message} → ${status} ${text.slice(0, 100)}` })
    if (status >= 200 && status < 300) {
      history.add(who, 'acknowledged', { message })
      return { what: 'acknowledged' }
    }
    history.add(who, 'refused', { message, note: String(status) })
    return { what: 'refused', code: String(status), status }
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
    history.add(who, 'unanswered', { message, note: error.message })
    return { what: 'unanswered', why: error.message }
  }
}

function openPage(name: string, of: string, link: Link, options: DialectOptions): Level1Page {
  const base = createPageBase(name, of, link, options)
  let socket: WebSocket | undefined
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  function connect(): void {
    const opened = new WebSocket(`${link.url.replace('http', 'ws')}/ws`)
    socket = opened
    opened.on('open', base.markReady)
    opened.on('error', (error) => base.wire('←', `(${error.message})`)) // `close` follows
    opened.on('message', (data, isBinary) => {
      const text = isBinary ? `(${(data as Buffer).length} bytes)` : data.toString()
      base.wire('←', text)
      if (!isBinary) base.show(text)
    })
    opened.on('close', (code) => {
      base.wire('←', `(closed, ${code})`)
      base.markLost()
      const delay = RECONNECT_MS.min + Math.random() * (RECONNECT_MS.max - RECONNECT_MS.min)
      if (!isClosed) timer = setTimeout(connect, delay)
    })
  }
  connect()

  return {
    ...base,
    get isConnected() {
      return socket?.readyState === WebSocket.OPEN
    },
    say(data) {
      if (socket?.readyState !== WebSocket.OPEN) return false
      base.wire('→', typeof data === 'string' ? data : `(${data.length} bytes)`)
      socket.send(data)
      return true
    },
    close() {
      isClosed = true
      clearTimeout(timer)
      base.markClosed()
      socket?.close(1000)
    },
  }
}
