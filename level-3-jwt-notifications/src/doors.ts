/**
 * The server side of level 3 as level 4 sees it: everything else in `src/` is private (see `exports` in package.json).
 */

import type { Level3Server } from './server.ts'

export type { DefineRoute } from '@levels/shared/server/api/route.ts'
export { connectDatabase, openDatabase } from '@levels/shared/server/mongo.ts'
export { readOrMakeSetting } from '@levels/shared/server/settings.ts'
export { type Config, readConfig } from './config.ts'
export type * from './events.ts'
export { notificationTypes } from './events.ts'
export type { NotificationDoc } from './log/models.ts'
export type { DeliveryChannel, Publish } from './log/publish.ts'
export { createReading } from './log/reading.ts'
export { createModels, type Models } from './models.ts'
export { alwaysOn } from './preferences.ts'
export { createServer, type Level3Server } from './server.ts'
export type { SignInEvents } from './sessions/index.ts'
export type { Io } from './socket/types.ts'

/** For development: people and notifications to play with. Production never loads it. */
export const seed = async (server: Level3Server) => (await import('../dev/seed.ts')).seed(server)
