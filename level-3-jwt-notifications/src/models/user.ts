import { type Connection, type Model, Schema, type Types } from 'mongoose'
import type { Role } from '../events.ts'

export interface UserDoc {
  _id: Types.ObjectId
  /** As its owner wrote it, after NFKC. */
  username: string
  /** What makes it unique: case and compatibility forms folded. */
  usernameKey: string
  passwordHash: string
  role: Role
  email?: string
  /** Every notification up to this `seq` was on one of the user's screens. */
  deliveredUpTo: number
  createdAt: Date
}

const schema = new Schema<UserDoc>(
  {
    username: { type: String, required: true },
    usernameKey: { type: String, required: true },
    passwordHash: { type: String, required: true },
    role: { type: String, enum: ['user', 'admin'], required: true },
    email: String,
    deliveredUpTo: { type: Number, default: 0 },
    createdAt: { type: Date, required: true },
  },
  { versionKey: false },
)
schema.index({ usernameKey: 1 }, { unique: true })
schema.index({ createdAt: 1 })

export const userModel = (db: Connection): Model<UserDoc> => db.model<UserDoc>('User', schema, 'users')
