/**
 * The server side of level 3 as level 4 sees it: everything else in `src/` is private (see `exports` in package.json).
 */

export type { DefineRoute } from '@levels/shared/server/api/route.ts'
export type { DeliveryChannel } from './channel.ts'
export { type Config, mustBringSecrets, readConfig } from './config.ts'
export { connectDatabase, openMongo } from './database.ts'
export type * from './events.ts'
export { notificationTypes } from './events.ts'
export type { Publish } from './log/publish.ts'
export {
  createModels,
  isDuplicateKey,
  type Models,
  type NotificationDoc,
  readOrMakeSetting,
} from './models.ts'
export type { ChannelName, PreferenceStore } from './preferences.ts'
export { objectId } from './schemas.ts'
export { seed } from './seed.ts'
export { createServer, type Level3Server } from './server.ts'
export type { SignInEvents } from './sessions/index.ts'
export type { Io } from './wire.ts'
