import type { EventEmitter } from 'node:events'
import type { Identities } from '@levels/shared/server/caller.ts'
import { eachOf } from '@levels/shared/server/gather.ts'
import type { Log } from '@levels/shared/server/log.ts'
import { drained } from '@levels/shared/server/socketio.ts'
import type { Delivered, Listener } from './log/catch-up.ts'
import type { Notifications } from './log/index.ts'
import type { Publish } from './log/publish.ts'
import type { Models } from './models.ts'
import type { SignInEvents } from './sessions/index.ts'
import { emit, endSocket, type Io, type IoSocket } from './socket/types.ts'

/** The chapters do not know each other. Here is what one needs of another, in the shape that it asks for. */

/** A socket as the log sees it. */
export const listenerOf = (socket: IoSocket): Listener => ({
  data: socket.data,
  emit: (...event) => emit(socket, ...event),
  drained: async () => (await drained(socket.conn)) && socket.connected,
})

/** How many sockets are brought up to date at a time: one that reads slowly must not keep all others waiting. */
const AT_ONCE = 10

/**
 * Brings all sockets of this instance up to date after messages between instances were lost. While more may be lost (not
 * `isOver`), two queries find the sockets that lack a notification, or whose session is over. Afterwards each one is welcomed
 * anew: what was read, deleted, or said in a room has no number that could be missing. Throws when the database is away.
 */
export function createResync(
  io: Io,
  sessions: Identities,
  { readEnds, catchUp }: Notifications,
  sayReady: (socket: IoSocket) => void,
) {
  return async (isOver: boolean): Promise<void> => {
    const sockets = [...io.sockets.sockets.values()]
    const [alive, ends] = await Promise.all([
      sessions.alive([...new Set(sockets.map(({ data }) => data.sid))]),
      readEnds([...new Set(sockets.map(({ data }) => data.id))]),
    ])
    await eachOf(sockets, AT_ONCE, async (socket) => {
      const { sid, id, cursor } = socket.data
      if (!alive.has(sid)) return endSocket(socket, 'session_revoked')
      if (cursor === undefined) return // it is being welcomed just now, and misses nothing
      if (!isOver) return cursor < (ends.get(id) ?? 0) ? catchUp.resend(listenerOf(socket)) : undefined
      sayReady(socket)
      await catchUp.welcome(listenerOf(socket))
    })
  }
}

/** How far each user's screens have got stands with the user. */
export function deliveredIn({ User }: Models): Delivered {
  return {
    async read(userId) {
      return (await User.findById(userId, { deliveredUpTo: 1 }).lean())?.deliveredUpTo ?? 0
    },
    async raise(userId, upTo) {
      const change = { $max: { deliveredUpTo: upTo } }
      const user = await User.findByIdAndUpdate(userId, change, { returnDocument: 'after' }).lean()
      return user?.deliveredUpTo ?? 0
    },
  }
}

/** Stores a notification for each event of an account that somebody else may have caused. */
export function sendAccountNotices(signIns: EventEmitter<SignInEvents>, publish: Publish, log: Log): void {
  const notify = (title: string, message: string) => (user: { userId: string }) => {
    const notice = { userId: user.userId, type: 'account' as const, title, message, actionUrl: '/#password' }
    publish([notice]).catch((error: unknown) => log.warn(`"${title}" could not be stored: ${error}`))
  }

  const stolen =
    'Its sign-in was used twice: somebody may have a copy of it. That device is signed out. If this was not you, ' +
    'change your password.'
  const changed =
    'All your other devices are signed out. If this was not you, somebody else has your account.'
  signIns.on('replayed', notify('A session was ended', stolen))
  signIns.on('password-changed', notify('Your password was changed', changed))
}
