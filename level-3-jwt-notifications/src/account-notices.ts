import type { EventEmitter } from 'node:events'
import type { Log } from '@levels/shared/server/log.ts'
import type { Publish } from './log/publish.ts'
import type { SignInEvents } from './sessions/index.ts'

/** Notifies users, in their logs, of what happened to their accounts while somebody else may have been at work. */
export function sendAccountNotices(signIns: EventEmitter<SignInEvents>, publish: Publish, log: Log): void {
  const notify = (userId: string, title: string, message: string) => {
    publish([{ userId, type: 'account', title, message }]).catch((error: unknown) =>
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
