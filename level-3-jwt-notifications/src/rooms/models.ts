import { type Connection, Schema, type Types } from 'mongoose'

export interface RoomDoc {
  /** The slug. */
  _id: string
  name: string
  /** Only members see it, and only members can let others in. Absent: everyone sees it and may join. */
  private?: boolean
  createdAt: Date
}

/** One user in one room. A list inside the room would grow without bound, and every join would rewrite it. */
export interface MembershipDoc {
  _id: Types.ObjectId
  room: string
  userId: Types.ObjectId
  /** Invited, and not joined yet: may join, and neither reads nor writes. */
  invited?: boolean
}

export interface RoomMessageDoc {
  _id: Types.ObjectId
  room: string
  from: string
  text: string
  at: Date
}

const roomSchema = new Schema<RoomDoc>(
  {
    _id: String,
    name: { type: String, required: true },
    private: Boolean,
    createdAt: { type: Date, required: true },
  },
  { versionKey: false },
)
// The list, newest first.
roomSchema.index({ createdAt: -1, _id: -1 })

const membershipSchema = new Schema<MembershipDoc>(
  {
    room: { type: String, required: true },
    userId: { type: Schema.Types.ObjectId, required: true },
    invited: Boolean,
  },
  { versionKey: false },
)
membershipSchema.index({ room: 1, userId: 1 }, { unique: true })
membershipSchema.index({ userId: 1 })

const roomMessageSchema = new Schema<RoomMessageDoc>(
  {
    room: { type: String, required: true },
    from: { type: String, required: true },
    text: { type: String, required: true },
    at: { type: Date, required: true },
  },
  { versionKey: false },
)
roomMessageSchema.index({ room: 1, _id: -1 })

export type RoomModels = ReturnType<typeof createRoomModels>

export const createRoomModels = (db: Connection) => ({
  Room: db.model<RoomDoc>('Room', roomSchema, 'rooms'),
  Membership: db.model<MembershipDoc>('Membership', membershipSchema, 'memberships'),
  RoomMessage: db.model<RoomMessageDoc>('RoomMessage', roomMessageSchema, 'roommessages'),
})
