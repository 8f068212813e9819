import type { Notification } from './events.ts'

/** A notification as it stands in its user's log. */
export interface StoredNotification {
  /** Whose log it is in: the user's id. */
  userId: string
  notification: Notification
}

/**
 * A way to bring stored notifications to their users. Level 3 has one, the socket; level 4 adds web push and email
 * behind this same interface.
 */
export interface DeliveryChannel {
  readonly name: string
  /**
   * What the channel wants kept with a notification (when it is due, say), under `channels.<name>` of the stored
   * document. The insert that stores the notification writes it, too: no crash can part the two. Undefined: nothing.
   */
  plan?(notification: Omit<Notification, 'id' | 'seq'>): Record<string, unknown> | undefined
  /** Called on the instance that stored them, after they were stored. Must neither throw nor wait. */
  deliver(stored: readonly StoredNotification[]): void
}
