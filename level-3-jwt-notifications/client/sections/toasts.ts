import { showToast } from '@levels/shared/client/toast.ts'
import type { Notification } from '../../src/events.ts'
import type { App } from '../app.ts'
import { safeLink } from '../safe-link.ts'
import { actionName } from './notification-item.ts'
import { isInFront } from './room-reading.ts'

/** A toast for what comes live. (shared/client/toast.ts shows none in a hidden tab.) */
export function mountToasts({ arrived, preferences, signal }: App): void {
  arrived.on((notification) => {
    if (!preferences.allows(notification) || isReadNow(notification)) return
    const { title, message, from, actionUrl } = notification
    const href = safeLink(actionUrl)
    showToast({
      from,
      title,
      text: message.length > 160 ? `${message.slice(0, 160)}…` : message,
      action: href ? { label: actionName(notification), href } : undefined,
    })
  })
  // What is private leaves with the user.
  signal.addEventListener('abort', () => document.querySelector('.toasts')?.replaceChildren())
}

/** A message of the room that is in view needs no toast. */
function isReadNow({ metadata }: Notification): boolean {
  const room = document.querySelector<HTMLElement>('.room:not([hidden])')
  return room !== null && room.dataset.room === metadata?.room && isInFront(room)
}
