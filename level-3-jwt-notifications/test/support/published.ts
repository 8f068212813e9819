import type { Notification } from '../../src/events.ts'
import type { StoredNotification } from '../../src/log/publish.ts'
import type { Person } from './person.ts'
import type { TestServer } from './server.ts'
import type { Tab } from './tab.ts'

/** 1, 2, 3 … `end`. */
export const upTo = (end: number): number[] => Array.from({ length: end }, (_, index) => index + 1)

/** Stores so many notifications for this person, as the server itself would. */
export function publishTo(
  server: TestServer,
  person: Pick<Person, 'id'>,
  count: number,
): Promise<StoredNotification[]> {
  const content = { userId: person.id, type: 'system', message: 'm' } as const
  return server.publish(upTo(count).map((n) => ({ ...content, title: `number ${n}` })))
}

/** What the tab was told it had missed, oldest first. */
export const missedBy = (tab: Tab): Notification[] =>
  tab.heard('notifications:missed').flatMap(({ items }) => items)
