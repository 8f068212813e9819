import type { EventEmitter } from 'node:events'
import type { Log } from '@levels/shared/server/log.ts'
import { drained } from '@levels/shared/server/socketio.ts'
import type { Delivered, Listener } from './log/catch-up.ts'
import type { Publish } from './log/publish.ts'
import type { Models } from './models.ts'
import type { SignInEvents } from './sessions/index.ts'
import { emit, type IoSocket } from './socket/types.ts'

/** What one chapter looks like to another: they do not know each other. */

/** A socket as the log sees it. */
export function listenerOf(socket: IoSocket): Listener {
  const { data } = socket
  return {
    userId: data.id,
    get cursor() {
      return data.cursor
    },
    set cursor(seq) {
      data.cursor = seq
    },
    get isConnected() {
      return socket.connected
    },
    emit: (...event) => emit(socket, ...event),
    drained: () => drained(socket.conn),
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
      return (
        (await User.findByIdAndUpdate(userId, change, { returnDocument: 'after' }).lean())?.deliveredUpTo ?? 0
      )
    },
  }
}

/** Notifies users, in their logs, of what happened to their accounts while somebody else may have been at work. */
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
