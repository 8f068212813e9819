import { h } from '@levels/shared/client/dom.ts'
import { type IconName, icon } from '@levels/shared/client/icons.ts'
import type { Notification } from '../../src/events.ts'
import { safeLink } from '../safe-link.ts'
import { ago } from '../words.ts'

export interface ItemActions {
  markRead(notification: Notification, read: boolean): void
  remove(notification: Notification): void
}

/** By the first part of the type. */
const icons: Record<string, IconName> = {
  order: 'box',
  stock: 'box',
  offer: 'tag',
  promotion: 'tag',
  price: 'tag',
  account: 'lock',
  login: 'lock',
  message: 'bubble',
  room: 'people',
  system: 'gear',
}

/** One line of the centre. What others wrote in it becomes text, and links only where they are safe. */
export function notificationItem(
  notification: Notification,
  { markRead, remove }: ItemActions,
): HTMLLIElement {
  const { seq, type, title, message, from, createdAt, readAt, actionUrl } = notification
  const isUnread = readAt === undefined
  const href = safeLink(actionUrl)
  const button = (name: IconName, label: string, onclick: () => void) =>
    h(
      'button',
      {
        className: 'act',
        type: 'button',
        title: label,
        onclick,
        attributes: { 'aria-label': `${label}: ${title}` },
      },
      icon(name, 16),
    )
  return h(
    'li',
    {
      className: isUnread ? 'unread' : '',
      attributes: { 'data-seq': String(seq) },
    },
    h('span', { className: 'kind' }, icon(icons[type.split('.')[0] ?? ''] ?? 'bell', 17)),
    h(
      'div',
      {},
      h(
        'h3',
        { dir: 'auto' },
        title,
        isUnread ? h('span', { className: 'visually-hidden' }, ' (unread)') : undefined,
      ),
      h('p', { dir: 'auto' }, message),
      h(
        'p',
        { className: 'about' },
        from ? h('span', {}, 'from ', h('bdi', {}, from)) : undefined,
        h('span', {}, type),
        h('span', { title: 'Its place in your log' }, `number ${seq}`),
        href ? actionLink(href, title, actionName(notification)) : undefined,
      ),
    ),
    h(
      'div',
      { className: 'side' },
      h('time', { dateTime: createdAt, title: new Date(createdAt).toLocaleString('en-GB') }, ago(createdAt)),
      h(
        'div',
        { className: 'acts' },
        isUnread
          ? button('check', 'Mark as read', () => markRead(notification, true))
          : button('mail', 'Mark as unread', () => markRead(notification, false)),
        button('trash', 'Delete', () => remove(notification)),
      ),
    ),
  )
}

/** What the system itself says has a name for its action; a user's words get none of their own. */
export function actionName({ type, from }: Pick<Notification, 'type' | 'from'>): string {
  if (from !== undefined) return 'Open'
  return type === 'login.new' ? 'View devices' : type === 'account' ? 'Change password' : 'Open'
}

function actionLink(href: string, title: string, label: string): HTMLAnchorElement {
  const leavesThisSite = new URL(href).origin !== location.origin
  return h(
    'a',
    {
      href,
      ...(leavesThisSite ? { target: '_blank', rel: 'noopener noreferrer' } : {}),
      attributes: { 'aria-label': `${label}: ${title}` },
    },
    label,
  )
}
