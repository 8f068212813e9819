import { HttpError } from '@levels/shared/server/respond.ts'
import { Types } from 'mongoose'
import type { Room, RoomMessage } from '../events.ts'
import type { Publish } from '../log/publish.ts'
import { isDuplicateKey, type Models, type RoomMessageDoc } from '../models.ts'
import type { Person } from '../sessions/people.ts'
import type { Tell } from '../wire.ts'
import { toSlug } from './slug.ts'

export type Rooms = ReturnType<typeof createRooms>

/** How many messages of a room are shown. */
const NEWEST = 100

/**
 * Group chat with membership. Who is a member stands in the database and is asked there each time, over REST and over
 * the socket alike: a socket that joined once proves nothing about now.
 */
export function createRooms({ Room, Membership, RoomMessage }: Models, publish: Publish, tell: Tell) {
  /** Throws HttpError 409 `room_taken`. The creator is the first member. */
  async function create(userId: string, name: string): Promise<Room> {
    const slug = toSlug(name)
    try {
      await Room.create({ _id: slug, name, createdAt: new Date() })
    } catch (error) {
      throw isDuplicateKey(error)
        ? new HttpError(409, 'room_taken', `There is a room "${slug}" already.`)
        : error
    }
    await join(userId, slug)
    return { slug, name, member: true }
  }

  async function list(userId: string): Promise<Room[]> {
    const [rooms, memberships] = await Promise.all([
      Room.find().sort({ _id: 1 }).lean(),
      Membership.find({ userId }, { room: 1 }).lean(),
    ])
    const mine = new Set(memberships.map(({ room }) => room))
    return rooms.map(({ _id, name }) => ({ slug: _id, name, member: mine.has(_id) }))
  }

  async function join(userId: string, slug: string): Promise<Room> {
    const { name } = await existing(slug)
    try {
      await Membership.updateOne({ room: slug, userId }, { $setOnInsert: { room: slug } }, { upsert: true })
    } catch (error) {
      if (!isDuplicateKey(error)) throw error // joined twice at once: joined
    }
    return { slug, name, member: true }
  }

  async function leave(userId: string, slug: string): Promise<Room> {
    const { name } = await existing(slug)
    await Membership.deleteOne({ room: slug, userId })
    return { slug, name, member: false }
  }

  /** The newest, oldest first. Throws HttpError 404, or 403 `not_a_member`. */
  async function messages(userId: string, slug: string): Promise<RoomMessage[]> {
    await requireMember(userId, slug)
    const newest = await RoomMessage.find({ room: slug }).sort({ _id: -1 }).limit(NEWEST).lean()
    return newest.reverse().map(toRoomMessage)
  }

  /** To every member's sockets, and into every other member's log. Throws HttpError 404, or 403 `not_a_member`. */
  async function send(sender: Person, slug: string, text: string): Promise<RoomMessage> {
    const { name } = await requireMember(sender.id, slug)
    const members = (await Membership.find({ room: slug }, { userId: 1 }).lean()).map(({ userId }) =>
      userId.toHexString(),
    )
    const document = { _id: new Types.ObjectId(), room: slug, from: sender.username, text, at: new Date() }
    await RoomMessage.create(document)
    const message = toRoomMessage(document)
    tell(members, 'room:message', message)
    await publish(
      members
        .filter((userId) => userId !== sender.id)
        .map((userId) => ({
          userId,
          type: 'room.message',
          title: name,
          message: text,
          metadata: { room: slug, messageId: message.id },
          from: sender.username,
        })),
    )
    return message
  }

  async function existing(slug: string) {
    const room = await Room.findById(slug).lean()
    if (room) return room
    throw new HttpError(404, 'room_not_found', 'There is no such room.')
  }

  async function requireMember(userId: string, slug: string) {
    const [room, member] = await Promise.all([existing(slug), Membership.exists({ room: slug, userId })])
    if (member) return room
    throw new HttpError(403, 'not_a_member', 'Only members may read and write here: join first.')
  }

  return { create, list, join, leave, messages, send }
}

function toRoomMessage({ _id, room, from, text, at }: RoomMessageDoc): RoomMessage {
  return { room, id: _id.toHexString(), from, text, at: at.toISOString() }
}
