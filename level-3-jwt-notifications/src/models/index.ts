import type { Connection } from 'mongoose'
import { idempotencyKeyModel } from './idempotency-key.ts'
import { notificationModel } from './notification.ts'
import { membershipModel, roomMessageModel, roomModel } from './room.ts'
import { sessionModel } from './session.ts'
import { settingModel } from './setting.ts'
import { userModel } from './user.ts'

export type Models = ReturnType<typeof createModels>

/** The models, bound to one connection: two servers in one process do not meet in mongoose's global one. */
export function createModels(db: Connection) {
  return {
    User: userModel(db),
    Session: sessionModel(db),
    Notification: notificationModel(db),
    IdempotencyKey: idempotencyKeyModel(db),
    Room: roomModel(db),
    Membership: membershipModel(db),
    RoomMessage: roomMessageModel(db),
    Setting: settingModel(db),
  }
}

/** Builds every index and waits for it: before that, "unique" is a wish, and two equal inserts both succeed. */
export async function buildIndexes(models: Models): Promise<void> {
  await Promise.all(Object.values(models).map((model) => model.createIndexes()))
}
