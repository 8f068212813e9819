import type { Person } from '@levels/shared/server/caller.ts'
import { HttpError } from '@levels/shared/server/http-error.ts'
import { upserted } from '@levels/shared/server/mongo-errors.ts'
import { Types } from 'mongoose'
import type { RoomDoc, RoomMessageDoc, RoomModels } from './models.ts'
import type { Room, RoomEvent, RoomMessage } from './shapes.ts'

export interface RoomParts {
  models: RoomModels
  /** Sends an event to every socket of these users, or of everyone, on whatever instance. */
  emit(to: readonly string[] | 'everyone', ...event: RoomEvent): void
  /** Stores a notification in each of these users' logs, and delivers it. */
  notify(userIds: readonly string[], content: RoomNotification): Promise<unknown>
}

/** What reaches the log of a user who is told of a room. */
export interface RoomNotification {
  title: string
  message: string
  metadata: { room: string; messageId?: string }
  from: string
}

/**
 * Group chat with membership. Who is a member is asked of the database each time, over REST and over the socket: a socket
 * that joined once proves nothing about now.
 */
export function createMembership({ models, emit, notify }: RoomParts) {
  const { Room, Membership, RoomMessage } = models

  /** Throws HttpError 404 for a private room without an invitation: others must not learn that it exists. */
  async function join({ id, username }: Person, slug: string): Promise<Room> {
    const { room } = await find(id, slug)
    if (await enter(id, slug)) emit(await members(slug), 'room:joined', { room: slug, username })
    return toRoom(room, 'member')
  }

  async function leave({ id, username }: Person, slug: string): Promise<Room> {
    const { room } = await find(id, slug)
    const membership = await Membership.findOneAndDelete({ room: slug, userId: id }).lean()
    if (membership && !membership.invited) emit(await members(slug), 'room:left', { room: slug, username })
    return toRoom(room)
  }

  /** To every member's sockets, and into every other member's log. Throws HttpError 404, or 403 `not_a_member`. */
  async function send(sender: Person, slug: string, text: string): Promise<RoomMessage> {
    const { name } = await requireMember(sender.id, slug)
    const all = await members(slug)
    const document = { _id: new Types.ObjectId(), room: slug, from: sender.username, text, at: new Date() }
    await RoomMessage.create(document)
    const message = toRoomMessage(document)
    emit(all, 'room:message', message)
    const others = all.filter((userId) => userId !== sender.id)
    const metadata = { room: slug, messageId: message.id }
    await notify(others, { title: name, message: text, metadata, from: sender.username })
    return message
  }

  /** Whether the user was no member before. */
  async function enter(userId: string, slug: string): Promise<boolean> {
    const joined = { $unset: { invited: 1 } }
    const { upsertedCount, modifiedCount } = await upserted(() =>
      Membership.updateOne({ room: slug, userId }, joined, { upsert: true }),
    )
    return upsertedCount + modifiedCount > 0
  }

  async function members(slug: string): Promise<string[]> {
    const memberships = await Membership.find({ room: slug, invited: null }, { userId: 1 }).lean()
    return memberships.map(({ userId }) => userId.toHexString())
  }

  /** A room that this user may know of, and whether the user is a member. */
  async function find(userId: string, slug: string): Promise<{ room: RoomDoc; isMember: boolean }> {
    const [room, membership] = await Promise.all([
      Room.findById(slug).lean(),
      Membership.findOne({ room: slug, userId }).lean(),
    ])
    if (!room || (room.private && !membership)) throw notFound()
    return { room, isMember: membership !== null && !membership.invited }
  }

  async function requireMember(userId: string, slug: string): Promise<RoomDoc> {
    const { room, isMember } = await find(userId, slug)
    if (isMember) return room
    throw new HttpError(403, 'not_a_member', 'Only members may read and write here: join first.')
  }

  return { join, leave, send, requireMember }
}

/** `asker`: what the one who asks is in this room, if anything. */
export function toRoom(room: Pick<RoomDoc, '_id' | 'name' | 'private'>, asker?: 'member' | 'invited'): Room {
  const { _id: slug, name } = room
  const [isPrivate, invited] = [room.private || undefined, asker === 'invited' || undefined]
  return { slug, name, member: asker === 'member', private: isPrivate, invited }
}

export const notFound = () => new HttpError(404, 'room_not_found', 'There is no such room.')

export function toRoomMessage({ _id, room, from, text, at }: RoomMessageDoc): RoomMessage {
  return { room, id: _id.toHexString(), from, text, at: at.toISOString() }
}
