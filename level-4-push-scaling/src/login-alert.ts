import type { EventEmitter } from 'node:events'
import { isIP } from 'node:net'
import type { Publish, SignInEvents } from '@levels/3-jwt-notifications/src/doors.ts'
import { deviceName } from '@levels/shared/device-name.ts'
import type { Log } from '@levels/shared/server/log.ts'

/**
 * Tells a user about each sign-in from a new device. It is a notification like any other, so the socket brings it to
 * the user's open pages; push and email have plans of their own for its type.
 */
export function sendLoginAlerts(signIns: EventEmitter<SignInEvents>, publish: Publish, log: Log): void {
  signIns.on('sign-in', ({ userId, sid, userAgent, newDevice, ...from }) => {
    if (!newDevice) return
    const ip = isIP(from.ip) ? from.ip : 'unknown' // behind a misconfigured proxy it is whatever the client wrote
    const device = deviceName(userAgent)
    const alert = {
      userId,
      type: 'login.new' as const,
      title: 'New sign-in to your account',
      message: `${device}, address ${ip}. If this was not you, sign that device out and change your password.`,
      actionUrl: '/#devices',
      metadata: { ip, device, sessionId: sid },
    }
    publish([alert]).catch((error: unknown) => log.warn(`A login alert could not be stored: ${error}`))
  })
}
