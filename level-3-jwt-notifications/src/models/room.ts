import { type Connection, type Model, Schema, type Types } from 'mongoose'

export interface RoomDoc {
  /** The slug. */
  _id: string
  name: string
  createdAt: Date
}

/** One user in one room. A list inside the room would grow without bound, and every join would rewrite it. */
export interface MembershipDoc {
  _id: Types.ObjectId
  room: string
  userId: Types.ObjectId
}

export interface RoomMessageDoc {
  _id: Types.ObjectId
  room: string
  from: string
  text: string
  at: Date
}

const room = new Schema<RoomDoc>(
  {
    _id: String,
    name: { type: String, required: true },
    createdAt: { type: Date, required: true },
  },
  { versionKey: false },
)

const membership = new Schema<MembershipDoc>(
  { room: { type: String, required: true }, userId: { type: Schema.Types.ObjectId, required: true } },
  { versionKey: false },
)
membership.index({ room: 1, userId: 1 }, { unique: true })
membership.index({ userId: 1 })

const message = new Schema<RoomMessageDoc>(
  {
    room: { type: String, required: true },
    from: { type: String, required: true },
    text: { type: String, required: true },
    at: { type: Date, required: true },
  },
  { versionKey: false },
)
message.index({ room: 1, _id: -1 })

export const roomModel = (db: Connection): Model<RoomDoc> => db.model<RoomDoc>('Room', room, 'rooms')
export const membershipModel = (db: Connection): Model<MembershipDoc> =>
  db.model<MembershipDoc>('Membership', membership, 'memberships')
export const roomMessageModel = (db: Connection): Model<RoomMessageDoc> =>
  db.model<RoomMessageDoc>('RoomMessage', message, 'roommessages')
