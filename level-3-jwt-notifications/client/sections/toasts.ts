import { showToast } from '@levels/shared/client/toast.ts'
import type { App } from '../app.ts'
import { safeLink } from '../safe-link.ts'
import { actionName } from './notification-item.ts'

/** A toast for what comes live. (shared/client/toast.ts shows none in a hidden tab.) */
export function mountToasts({ arrived, signal }: App): void {
  arrived.on((notification) => {
    const { title, message, from, actionUrl } = notification
    const href = safeLink(actionUrl)
    showToast({
      title: from ? `${from}: ${title}` : title,
      text: message.length > 160 ? `${message.slice(0, 160)}…` : message,
      action: href ? { label: actionName(notification), href } : undefined,
    })
  })
  // What is private leaves with the user.
  signal.addEventListener('abort', () => document.querySelector('.toasts')?.replaceChildren())
}
