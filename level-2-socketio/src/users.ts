import { randomBytes } from 'node:crypto'
import { nameKey } from '@levels/shared/server/names.ts'
import { Refusal } from './refusal.ts'

/** Somebody who is here, with one tab or several, or whose connection was lost a moment ago. */
export interface User {
  readonly username: string
  /** A secret between the server and this user's tabs. */
  readonly sessionId: string
  /** How many are connected. */
  tabs: number
  /** Membership is the user's, not a tab's: it survives a reload. Kept by rooms.ts. */
  rooms: string[]
  /** Whether the others see this user as online. */
  announced: boolean
  /** Whether the last connection was lost, not closed: then the user may come back as if nothing had happened. */
  lost: boolean
  /** Runs while no tab is connected: first until the user counts as gone, then until nothing is kept any more. */
  leaving?: NodeJS.Timeout
}

export type Users = ReturnType<typeof createUsers>

export interface UsersOptions {
  /** How long a user stays online after the last tab went: a reload takes less. */
  graceMs: number
  /** How long name and rooms are kept for a user whose connection was lost. At least `graceMs`. */
  keepMs: number
  /** Called when a user does not count as online any more. */
  onLeft(user: User): void
  /** Called when nothing is kept for a user any more. */
  onForgotten(user: User): void
}

/** How session ids look: 192 random bits, in base64url. */
const SESSION_ID = /^[\w-]{32}$/

/**
 * Who is here. After the last tab went a user stays online for `graceMs`, so that a reload announces nothing. Then the
 * others are told. The name of a user who closed the page is free then; that of one whose connection was lost is kept
 * until `keepMs` have passed.
 */
export function createUsers({ graceMs, keepMs, onLeft, onForgotten }: UsersOptions) {
  // A Map, not an object: somebody will call himself __proto__ or constructor.
  const users = new Map<string, User>()
  let names: readonly string[] | undefined
  let closed = false

  function leave(user: User): void {
    names = undefined
    if (user.announced) {
      user.announced = false
      onLeft(user)
    }
    if (user.lost) user.leaving = setTimeout(forget, keepMs - graceMs, user)
    else forget(user)
  }

  function forget(user: User): void {
    users.delete(nameKey(user.username))
    names = undefined
    onForgotten(user)
  }

  return {
    /**
     * Adds a tab to the user of that name, or makes the user. Throws Refusal `username_taken` when the name belongs to
     * somebody with another session.
     */
    enter(username: string, sessionId: unknown): User {
      const key = nameKey(username)
      let user = users.get(key)
      if (user && user.sessionId !== sessionId) {
        throw new Refusal(
          'username_taken',
          `Somebody called ${user.username} is here, or was a moment ago. Choose another name.`,
        )
      }
      if (!user) {
        const id = sessionIdFor(sessionId)
        user = { username, sessionId: id, tabs: 0, rooms: [], announced: false, lost: false }
        users.set(key, user)
      }
      clearTimeout(user.leaving)
      user.tabs++
      names = undefined
      return user
    },

    /** Takes a tab away. `lost`: its connection was lost, nobody closed it. */
    exit(user: User, lost: boolean): void {
      user.tabs--
      if (user.tabs > 0 || closed) return
      user.lost = lost
      if (user.announced || lost) user.leaving = setTimeout(leave, graceMs, user)
      else leave(user)
    },

    /** The user of that name whom a message can still reach. Throws Refusal `user_offline`. */
    reach(username: string): User {
      const user = users.get(nameKey(username))
      if (user && (user.tabs > 0 || user.lost)) return user
      throw new Refusal(
        'user_offline',
        `${username.slice(0, 40)} is not online, and this level forgets whoever is away.`,
      )
    },

    /** The names of those who are online. The same array until somebody comes or goes. */
    names(): readonly string[] {
      names ??= [...users.values()].filter(isOnline).map((user) => user.username)
      return names
    },

    /** How many are remembered, online or not. */
    size: () => users.size,

    /** Forgets everyone and announces nothing more. */
    close(): void {
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

/** Whether others see this user: connected, or gone for less than the grace. */
export const isOnline = (user: User) => user.tabs > 0 || user.announced
