import type { DeliveryChannel } from '../channel.ts'
import type { Tell } from '../wire.ts'

/** The channel of level 3: whoever is connected, on whatever instance, is told at once. */
export function socketChannel(tell: Tell, touchUnread: (userId: string) => void): DeliveryChannel {
  return {
    name: 'socket',
    deliver(stored) {
      for (const { userId, notification } of stored) {
        tell(userId, 'notification:new', notification)
        touchUnread(userId)
      }
    },
  }
}
