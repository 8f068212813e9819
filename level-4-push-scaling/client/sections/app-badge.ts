import type { App } from '@levels/3-jwt-notifications/client/index.ts'

/** The number on the icon of the installed page, where a browser can (Badging API): the worker sets it with each push. */
export function mountAppBadge({ inbox, changed, signal }: App): void {
  let shown: number | undefined
  const show = (count: number) => {
    if (count === shown || !navigator.setAppBadge) return
    shown = count
    // A browser may refuse outside of an installed page: then there is no icon to put a number on.
    navigator.setAppBadge(count).catch((reason) => console.debug('no app badge', reason))
  }
  changed.on(() => show(inbox.unread))
  signal.addEventListener('abort', () => show(0))
}
