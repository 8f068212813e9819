import type { EventEmitter } from 'node:events'
import type { Log } from '@levels/shared/server/log.ts'
import { drained } from '@levels/shared/server/socketio.ts'
import type { Delivered, Listener } from './log/catch-up.ts'
import type { Publish } from './log/publish.ts'
import type { Models } from './models.ts'
import type { SignInEvents } from './sessions/index.ts'
import { emit, type IoSocket } from './socket/types.ts'

/** The chapters do not know each other. Here is what one needs of another, in the shape that it asks for. */

/** A socket as the log sees it. */
export const listenerOf = (socket: IoSocket): Listener => ({
  data: socket.data,
  emit: (...event) => emit(socket, ...event),
  drained: async () => (await drained(socket.conn)) && socket.connected,
})

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
  const notify = (userId: string, title: string, message: string) => {
    publish([{ userId, type: 'account', title, message, actionUrl: '/#password' }]).catch((error: unknown) =>
      log.warn(`"${title}" could not be stored: ${error}`),
    )
  }

  signIns.on('replayed', ({ userId }) =>
    notify(
      userId,
      'A session was ended',
      'Its sign-in was used twice: somebody may have a copy of it. That device is signed out. If this was not you, ' +
        'change your password.',
    ),
  )
  signIns.on('password-changed', ({ userId }) =>
    notify(
      userId,
      'Your password was changed',
      'All your other devices are signed out. If this was not you, somebody else has your account.',
    ),
  )
}
