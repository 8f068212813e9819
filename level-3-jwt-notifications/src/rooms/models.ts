import { requiredId, requiredText, requiredTime } from '@levels/shared/server/stored.ts'
import { type Connection, type InferSchemaType, Schema, type Types } from 'mongoose'

const roomSchema = new Schema(
  {
    /** The slug. */
    _id: requiredText,
    name: requiredText,
    /** Only members see it, and only members can let others in. Absent: everyone sees it and may join. */
    private: Boolean,
    createdAt: requiredTime,
  },
  { versionKey: false },
)
// The list, newest first.
roomSchema.index({ createdAt: -1, _id: -1 })
export type RoomDoc = InferSchemaType<typeof roomSchema>

/** One user in one room. A list inside the room would grow without bound, and every join would rewrite it. */
const membershipSchema = new Schema(
  {
    room: requiredText,
    userId: requiredId,
    /** Invited, and not joined yet: may join, and neither reads nor writes. */
    invited: Boolean,
  },
  { versionKey: false },
)
membershipSchema.index({ room: 1, userId: 1 }, { unique: true })
membershipSchema.index({ userId: 1 })
type MembershipDoc = InferSchemaType<typeof membershipSchema>

const roomMessageSchema = new Schema(
  { room: requiredText, from: requiredText, text: requiredText, at: requiredTime },
  { versionKey: false },
)
roomMessageSchema.index({ room: 1, _id: -1 })
export type RoomMessageDoc = InferSchemaType<typeof roomMessageSchema> & { _id: Types.ObjectId }

export type RoomModels = ReturnType<typeof createRoomModels>

export const createRoomModels = (db: Connection) => ({
  Room: db.model<RoomDoc>('Room', roomSchema, 'rooms'),
  Membership: db.model<MembershipDoc>('Membership', membershipSchema, 'memberships'),
  RoomMessage: db.model<RoomMessageDoc>('RoomMessage', roomMessageSchema, 'roommessages'),
})
