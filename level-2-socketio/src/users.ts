import { randomBytes } from 'node:crypto'
import { nameKey } from '@levels/shared/server/names.ts'
import { Refusal } from './refusal.ts'

/** Somebody online, with one tab or several. */
export interface User {
  readonly username: string
  /** A secret between the server and this user's tabs. */
  readonly sessionId: string
  /** How many are open. */
  tabs: number
  /** Membership is the user's, not a tab's: it survives a reload. Kept by rooms.ts. */
  rooms: string[]
  /** Whether the others have been told. */
  announced: boolean
  /** Whether the last tab that went may come back and recover what it missed. */
  recoverable: boolean
  /** Runs from the last tab's end until the user counts as gone. */
  leaving?: NodeJS.Timeout
}

export interface Users {
  /**
   * Adds a tab to the user of that name, or makes the user. Throws Refusal `username_taken` when the name belongs to
   * somebody with another session.
   */
  enter(username: string, sessionId: unknown): User
  /** Takes a tab away. `recoverable`: its connection was lost, not ended on purpose. */
  exit(user: User, recoverable: boolean): void
  /** The user of that name whom a message can still reach. Throws Refusal `user_offline`. */
  reach(username: string): User
  /** Everyone's name. The same array until somebody comes or goes. */
  names(): readonly string[]
  /** Forgets everyone and announces nothing more. */
  close(): void
}

/** How session ids look: 192 random bits, in base64url. */
const SESSION_ID = /^[\w-]{32}$/

/**
 * Who is online. A user stays for `graceMs` after the last tab closed, so that a reload neither announces anything nor
 * lets somebody else take the name; then `onGone` is called.
 */
export function createUsers(graceMs: number, onGone: (user: User) => void): Users {
  // A Map, not an object: somebody will call himself __proto__ or constructor.
  const users = new Map<string, User>()
  let names: readonly string[] | undefined
  let closed = false

  function remove(user: User): void {
    users.delete(nameKey(user.username))
    names = undefined
    if (user.announced) onGone(user)
  }

  return {
    enter(username, sessionId) {
      const key = nameKey(username)
      let user = users.get(key)
      if (user && user.sessionId !== sessionId) {
        throw new Refusal(
          'username_taken',
          `Somebody called ${user.username} is online. Choose another name.`,
        )
      }
      if (!user) {
        user = {
          username,
          sessionId: sessionIdFor(sessionId),
          tabs: 0,
          rooms: [],
          announced: false,
          recoverable: false,
        }
        users.set(key, user)
        names = undefined
      }
      clearTimeout(user.leaving)
      user.tabs++
      return user
    },

    exit(user, recoverable) {
      user.tabs--
      if (user.tabs > 0 || closed) return
      user.recoverable = recoverable
      if (user.announced) user.leaving = setTimeout(remove, graceMs, user)
      else remove(user)
    },

    reach(username) {
      const user = users.get(nameKey(username))
      if (user && (user.tabs > 0 || user.recoverable)) return user
      throw new Refusal(
        'user_offline',
        `${username.slice(0, 40)} is not online, and this level forgets whoever is away.`,
      )
    },

    names() {
      names ??= [...users.values()].map((user) => user.username)
      return names
    },

    close() {
      closed = true
      for (const user of users.values()) clearTimeout(user.leaving)
      users.clear()
      names = undefined
    },
  }

  /**
   * The id a page kept is taken over when it looks like one of ours: after a restart of the server, all tabs of a page
   * come back with the same id, and are one user again. Two users never share one.
   */
  function sessionIdFor(offered: unknown): string {
    const isOurs = typeof offered === 'string' && SESSION_ID.test(offered)
    const inUse = [...users.values()].some((user) => user.sessionId === offered)
    return isOurs && !inUse ? offered : randomBytes(24).toString('base64url')
  }
}
