import type { Person } from '@levels/shared/server/caller.ts'
import { HttpError } from '@levels/shared/server/http-error.ts'
import type { Limited } from '@levels/shared/server/limits.ts'
import { isDuplicateKey, upserted } from '@levels/shared/server/mongo-errors.ts'
import { toSlug } from '@levels/shared/server/slug.ts'
import { Types } from 'mongoose'
import { createMembership, notFound, type RoomParts, toRoom, toRoomMessage } from './rooms.ts'
import type { Room } from './shapes.ts'

export interface RoomsOptions extends RoomParts {
  /** How many rooms one user may make, and how many messages and invitations one may send. */
  limits: { rooms: Limited; messages: Limited }
}

export type Rooms = ReturnType<typeof createRooms>

interface Page {
  before?: string
  limit: number
}

/** Rooms as a whole: membership and messages, made, invited to and listed, within limits. */
export function createRooms({ limits, ...parts }: RoomsOptions) {
  const { emit, notify } = parts
  const { Room, Membership, RoomMessage } = parts.models
  const { join, leave, send, requireMember } = createMembership(parts)

  /** Throws HttpError 409 `room_taken`. The creator is the first member. */
  async function create(userId: string, name: string, isPrivate = false): Promise<Room> {
    const slug = toSlug(name)
    try {
      await Room.create({ _id: slug, name, createdAt: new Date(), ...(isPrivate && { private: true }) })
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
      throw new HttpError(409, 'room_taken', `There is a room "${slug}" already.`)
    }
    await Membership.create({ room: slug, userId })
    if (!isPrivate) emit('everyone', 'room:created', { slug, name })
    return toRoom({ _id: slug, name, private: isPrivate }, 'member')
  }

  /** Lets the guest join, and tells them in their log. Members only. Again it changes nothing. */
  async function invite(member: Person, slug: string, guest: Person): Promise<void> {
    const { name } = await requireMember(member.id, slug)
    const invited = { $setOnInsert: { invited: true } }
    const { upsertedCount } = await upserted(() =>
      Membership.updateOne({ room: slug, userId: guest.id }, invited, { upsert: true }),
    )
    if (upsertedCount === 0) return
    const from = member.username
    const message = `${from} invites you to this room.`
    await notify([guest.id], { title: name, message, metadata: { room: slug }, from })
  }

  /** The newest before `before`, oldest first. Throws HttpError 404, or 403 `not_a_member`. */
  async function messages(userId: string, slug: string, { before, limit }: Page) {
    await requireMember(userId, slug)
    const older = before ? { _id: { $lt: new Types.ObjectId(before) } } : {}
    const found = await RoomMessage.find({ room: slug, ...older })
      .sort({ _id: -1 })
      .limit(limit + 1)
      .lean()
    const items = found.slice(0, limit).reverse().map(toRoomMessage)
    return { items, nextBefore: found.length > limit ? (items[0]?.id ?? null) : null }
  }

  /** Newest first: public rooms, and the private ones that this user is in or was invited to. */
  async function list(userId: string, { before, limit }: Page) {
    const memberships = await Membership.find({ userId }, { room: 1, invited: 1 }).lean()
    const mine = new Map(
      memberships.map(({ room, invited }) => [room, invited ? ('invited' as const) : ('member' as const)]),
    )
    const visible = { $or: [{ private: null }, { _id: { $in: [...mine.keys()] } }] }
    const found = await Room.find({ $and: [visible, before === undefined ? {} : await olderThan(before)] })
      .sort({ createdAt: -1, _id: -1 })
      .limit(limit + 1)
      .lean()
    const items = found.slice(0, limit).map((room) => toRoom(room, mine.get(room._id)))
    return { items, nextBefore: found.length > limit ? (items.at(-1)?.slug ?? null) : null }
  }

  async function olderThan(slug: string) {
    const last = await Room.findById(slug).lean()
    if (!last) throw notFound()
    const { createdAt, _id } = last
    return { $or: [{ createdAt: { $lt: createdAt } }, { createdAt, _id: { $lt: _id } }] }
  }

  return {
    create: (userId: string, name: string, isPrivate?: boolean) =>
      limits.rooms(userId, () => create(userId, name, isPrivate)),
    send: (sender: Person, slug: string, text: string) =>
      limits.messages(sender.id, () => send(sender, slug, text)),
    list,
    join,
    leave,
    invite: (member: Person, slug: string, guest: Person) =>
      limits.messages(member.id, () => invite(member, slug, guest)),
    messages,
  }
}
