import { type Connection, type Model, Schema } from 'mongoose'
import { upserted } from './mongo-errors.ts'
import { requiredText } from './stored.ts'

/** Something made once and shared by every instance on this database. */
export interface SettingDoc {
  _id: string
  value: string
}

const settingSchema = new Schema<SettingDoc>({ _id: String, value: requiredText }, { versionKey: false })

export const createSettingModel = (db: Connection) =>
  db.model<SettingDoc>('Setting', settingSchema, 'settings')

/**
 * The setting `name`, made by `make` when the database has none. Instances that start at the same moment agree: the
 * first to write wins, the others take what it wrote.
 */
export async function readOrMakeSetting(
  settings: Model<SettingDoc>,
  name: string,
  make: () => string,
): Promise<string> {
  const existing = await settings.findById(name).lean()
  if (existing) return existing.value
  const insert = { $setOnInsert: { value: make() } }
  await upserted(() => settings.updateOne({ _id: name }, insert, { upsert: true }))
  const made = await settings.findById(name).lean()
  if (!made) throw new Error(`The setting ${name} could not be stored.`)
  return made.value
}
