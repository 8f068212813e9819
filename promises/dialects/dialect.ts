import type { History } from '../history.ts'
import type { Link } from '../links.ts'

// What every level's dialect can do, so that one experiment serves all of them.

export interface DialectOptions {
  /** Where the servers are; only level 4 has several. The first that takes a connection is used. */
  urls: readonly [string, ...string[]]
  history: History
  /**
   * Keeps several experiments on one server apart: added to the names of people, and to texts by `tagged`. Six letters
   * or digits.
   */
  tag?: string
  /** Senders keep their connection, as browsers and programs do, instead of one for each request (levels 3 and 4). */
  keepsConnections?: boolean
}

export interface Dialect {
  readonly level: 1 | 2 | 3 | 4
  /** Someone who sends and looks. At level 1 nobody has a name on the wire: there it is for the history only. */
  person(name: string): Promise<Person>
  /** Closes every page, sender and link of this dialect. */
  close(): void
}

export interface Person {
  /** As the server knows it, where it does. */
  readonly name: string
  openPage(options?: PageOptions): Promise<Page>
  /** Sends one notification and waits for the answer. `to` is a person's name, or `*` for everyone (levels 1 and 2). */
  send(to: string, message: string, options?: SendOptions): Promise<Outcome>
  /** What this person sends goes over this link. */
  readonly link: Link
}

export interface PageOptions {
  /** A link to share with other pages; by default the page gets its own. */
  link?: Link
  /** Resolve at once instead of when the page is ready. */
  wait?: boolean
  /** A page that nobody looks at: it tells the server nothing of what it shows (levels 3 and 4). */
  hidden?: boolean
  /** The servers in the order in which this page tries them (level 4). */
  urls?: readonly string[]
}

export interface SendOptions {
  /** Sent as `Idempotency-Key` (levels 3 and 4). */
  key?: string
  timeoutMs?: number
}

/** What became of something that was sent. */
export type Outcome =
  | { what: 'acknowledged' }
  | { what: 'refused'; code: string; status?: number; retryAfterS?: number }
  /** No answer came: whether the server has it, nobody knows. */
  | { what: 'unanswered'; why: string }

/** What a person sees in one browser tab. It comes back by itself when its connection is lost. */
export interface Page {
  readonly name: string
  /** Whose it is. */
  readonly of: string
  readonly link: Link
  /** The texts it has shown, in the order in which it did. */
  readonly shown: readonly string[]
  readonly isConnected: boolean
  /** Resolves when it is connected (and, from level 3 on, has what it missed). Rejects after so many milliseconds. */
  ready(withinMs?: number): Promise<void>
  /** Resolves when it has shown this text; with false if it does not within so many milliseconds (5,000). */
  shows(message: string, withinMs?: number): Promise<boolean>
  /** Closes it as a person does, with a goodbye. */
  close(): void
}

/** A text that pages of other experiments, which may see it at levels 1 and 2, do not take for one of theirs. */
export const tagged = (text: string, tag: string) => `${text} ·${tag}`

/** Whether the text was tagged by another experiment. */
export function isOfAnother(text: string, tag: string): boolean {
  const found = /·([a-z0-9]{6})$/.exec(text)
  return found !== null && tag !== '' && found[1] !== tag
}
