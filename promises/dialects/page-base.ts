import { EventEmitter, once } from 'node:events'
import { MARKER } from '../history.ts'
import type { Link } from '../links.ts'
import { type DialectOptions, isOfAnother, type Page } from './dialect.ts'

/** The part of a page that is the same in every dialect: it writes down what happens to it. */
export interface PageBase extends Omit<Page, 'close' | 'isConnected'> {
  /** The page shows this now. */
  show(message: string, seq?: number): void
  /** It is connected, and has what it missed; again after each reconnect. */
  markReady(): void
  markLost(): void
  /** Something crossed its connection. */
  wire(direction: '→' | '←', text: string): void
  /** Nothing is written down after this. */
  markClosed(): void
}

const READY_WITHIN_MS = 10_000
const LONGEST_WIRE_TEXT = 300

export function createPageBase(
  name: string,
  of: string,
  link: Link,
  { history, tag = '' }: Pick<DialectOptions, 'history' | 'tag'>,
): PageBase {
  const shown: string[] = []
  const readiness = new EventEmitter().setMaxListeners(0)
  let isReady = false
  let isClosed = false
  history.add(name, 'opened', { of })

  return {
    name,
    of,
    link,
    shown,
    show(message, seq) {
      if (isClosed || isOfAnother(message, tag)) return
      shown.push(message)
      if (message.startsWith(MARKER)) history.add(name, 'wire', { note: `(shown) ${message}` })
      else history.add(name, 'shown', { message, ...(seq !== undefined && { seq }) })
    },
    markReady() {
      if (isClosed) return
      isReady = true
      readiness.emit('ready')
      history.add(name, 'ready')
    },
    markLost() {
      isReady = false
    },
    wire(direction, text) {
      if (!isClosed)
        history.add(name, 'wire', { note: `${direction} ${hideTokens(text).slice(0, LONGEST_WIRE_TEXT)}` })
    },
    markClosed() {
      if (isClosed) return
      isClosed = true
      history.add(name, 'closed')
    },
    async ready(withinMs = READY_WITHIN_MS) {
      if (isReady) return
      await once(readiness, 'ready', { signal: AbortSignal.timeout(withinMs) }).catch(() => {
        throw new Error(`${name} was not connected within ${withinMs / 1_000} s`)
      })
    },
    shows: (message, withinMs = 5_000) => history.until(() => shown.includes(message), withinMs),
  }
}

/** Whoever holds a whole token is whom it names: no history shows one. */
const hideTokens = (text: string) => text.replace(/\beyJ[\w-]*\.[\w-]+\.[\w-]*/g, 'eyJ…')
