import { createIdempotencyModel } from '@levels/shared/server/idempotency.ts'
import type { Connection } from 'mongoose'
import { createKeyModel } from './keys.ts'
import { createLogModels } from './log/models.ts'
import { createPreferencesModel } from './preferences.ts'
import { createRoomModels } from './rooms/models.ts'
import { createSessionModels } from './sessions/models.ts'

export type Models = ReturnType<typeof createModels>

/** The models of all chapters, bound to one connection: two servers in one process do not meet in mongoose's global one. */
export const createModels = (db: Connection) => ({
  ...createSessionModels(db),
  ...createLogModels(db),
  IdempotencyKey: createIdempotencyModel(db),
  ...createRoomModels(db),
  ...createKeyModel(db),
  ...createPreferencesModel(db),
})

/** Builds every index and waits for it. Before that nothing is unique: two equal inserts both succeed. */
export async function buildIndexes(models: Models): Promise<void> {
  await Promise.all(Object.values(models).map((model) => model.createIndexes()))
}
