import type { Card } from '@levels/shared/cards.ts'

export default {
  name: 'web-push',
  level: 4,
  gives:
    'Web push on your server: subscriptions, endpoints that are safe to call, and deliveries that survive a crash, are tried again as the push service asks, and go out once from however many instances.',
  promises: ['closed-browser', 'safe-endpoints'],
  entries: ['level-4-push-scaling/src/deliver/index.ts', 'level-4-push-scaling/src/push/index.ts'],
  packages: { runtime: ['mongoose', 'web-push', 'zod'], types: ['@types/node', '@types/web-push'] },
  whenNot: [
    'A push that is lost in a crash does no harm: call web-push yourself.',
    'Only native apps are to be reached.',
  ],
  wiring: `const push = await createPush({ db, config, keep, aliveSessions, countUnread, log: console })
const deliveries = createDeliveries({ db, notifications, stillWanted, log: console })
const channel = deliveries.add(push.channel)
await deliveries.start()
// store channels.push with the notification, in the same insert, then tell the channel
await notifications.insertOne({ ...notification, channels: { push: channel.plan(notification) } })
channel.deliver([{ notification }])`,
} satisfies Card
