import { randomBytes } from 'node:crypto'
import { isDuplicateKey } from '@levels/shared/server/mongo-errors.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import { Types } from 'mongoose'
import type { RoomDoc, RoomMessageDoc, RoomModels } from './models.ts'
import type { Room, RoomEvent, RoomMessage } from './shapes.ts'

export interface Member {
  id: string
  username: string
}

/** Does the work, or throws HttpError 429 when this user has created too much. */
export type Limited = <T>(userId: string, work: () => Promise<T>) => Promise<T>

export interface RoomParts {
  models: RoomModels
  /** How many rooms one user may make, and how many messages one may write. */
  limits: { rooms: Limited; messages: Limited }
  /** Sends an event to every socket of these users, or of everyone, on whatever instance. */
  emit(to: readonly string[] | 'everyone', ...event: RoomEvent): void
  /** Stores a notification in each of these users' logs, and delivers it. */
  notify(userIds: readonly string[], content: RoomNotification): Promise<unknown>
}

export interface RoomNotification {
  type: 'room.message'
  title: string
  message: string
  metadata: { room: string; messageId?: string }
  from: string
}

export type Rooms = ReturnType<typeof createRooms>

/**
 * Group chat with membership. Who is a member stands in the database, and is asked there each time, over REST and over the
 * socket alike: a socket that joined once proves nothing about now.
 */
export function createRooms({ models, limits, emit, notify }: RoomParts) {
  const { Room, Membership, RoomMessage } = models

  /** Throws HttpError 409 `room_taken`. The creator is the first member. */
  async function create(userId: string, name: string, isPrivate = false): Promise<Room> {
    const slug = toSlug(name)
    try {
      await Room.create({ _id: slug, name, createdAt: new Date(), ...(isPrivate && { private: true }) })
    } catch (error) {
      throw isDuplicateKey(error)
        ? new HttpError(409, 'room_taken', `There is a room "${slug}" already.`)
        : error
    }
    await Membership.create({ room: slug, userId })
    if (!isPrivate) emit('everyone', 'room:created', { slug, name })
    return toRoom({ _id: slug, name, private: isPrivate }, { member: true })
  }

  /** Throws HttpError 404 for a private room without an invitation: that it exists is nobody else's business. */
  async function join({ id, username }: Member, slug: string): Promise<Room> {
    const room = await visible(id, slug)
    if (await enter(id, slug)) emit(await members(slug), 'room:joined', { room: slug, username })
    return toRoom(room, { member: true })
  }

  async function leave({ id, username }: Member, slug: string): Promise<Room> {
    const room = await visible(id, slug)
    const membership = await Membership.findOneAndDelete({ room: slug, userId: id }).lean()
    if (membership && !membership.invited) emit(await members(slug), 'room:left', { room: slug, username })
    return toRoom(room, { member: false })
  }

  /** Lets the guest join, and tells them in their log. Members only. Again it changes nothing. */
  async function invite(member: Member, slug: string, guest: Member): Promise<void> {
    const { name } = await requireMember(member.id, slug)
    const { upsertedCount } = await Membership.updateOne(
      { room: slug, userId: guest.id },
      { $setOnInsert: { invited: true } },
      { upsert: true },
    )
    if (upsertedCount === 0) return
    await notify([guest.id], {
      type: 'room.message',
      title: name,
      message: `${member.username} invites you to this room.`,
      metadata: { room: slug },
      from: member.username,
    })
  }

  /** To every member's sockets, and into every other member's log. Throws HttpError 404, or 403 `not_a_member`. */
  async function send(sender: Member, slug: string, text: string): Promise<RoomMessage> {
    const { name } = await requireMember(sender.id, slug)
    const all = await members(slug)
    const document = { _id: new Types.ObjectId(), room: slug, from: sender.username, text, at: new Date() }
    await RoomMessage.create(document)
    const message = toRoomMessage(document)
    emit(all, 'room:message', message)
    await notify(
      all.filter((userId) => userId !== sender.id),
      {
        type: 'room.message',
        title: name,
        message: text,
        metadata: { room: slug, messageId: message.id },
        from: sender.username,
      },
    )
    return message
  }

  /** The newest before `before`, oldest first. Throws HttpError 404, or 403 `not_a_member`. */
  async function messages(
    userId: string,
    slug: string,
    { before, limit }: { before?: string; limit: number },
  ) {
    await requireMember(userId, slug)
    const found = await RoomMessage.find({
      room: slug,
      ...(before && { _id: { $lt: new Types.ObjectId(before) } }),
    })
      .sort({ _id: -1 })
      .limit(limit + 1)
      .lean()
    const items = found.slice(0, limit).reverse().map(toRoomMessage)
    return { items, nextBefore: found.length > limit ? (items[0]?.id ?? null) : null }
  }

  /** Newest first: public rooms, and the private ones that this user is in or was invited to. */
  async function list(userId: string, { before, limit }: { before?: string; limit: number }) {
    const memberships = await Membership.find({ userId }, { room: 1, invited: 1 }).lean()
    const mine = new Map(memberships.map(({ room, invited }) => [room, invited ? 'invited' : 'member']))
    const last = before === undefined ? undefined : await existing(before)
    const found = await Room.find({
      $and: [
        { $or: [{ private: null }, { _id: { $in: [...mine.keys()] } }] },
        last
          ? {
              $or: [
                { createdAt: { $lt: last.createdAt } },
                { createdAt: last.createdAt, _id: { $lt: last._id } },
              ],
            }
          : {},
      ],
    })
      .sort({ createdAt: -1, _id: -1 })
      .limit(limit + 1)
      .lean()
    const items = found
      .slice(0, limit)
      .map((room) =>
        toRoom(room, { member: mine.get(room._id) === 'member', invited: mine.get(room._id) === 'invited' }),
      )
    return { items, nextBefore: found.length > limit ? (items.at(-1)?.slug ?? null) : null }
  }

  /** Whether the user was no member before. */
  async function enter(userId: string, slug: string): Promise<boolean> {
    try {
      const { upsertedCount, modifiedCount } = await Membership.updateOne(
        { room: slug, userId },
        { $unset: { invited: 1 } },
        { upsert: true },
      )
      return upsertedCount + modifiedCount > 0
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
      return false // joined twice at once: joined
    }
  }

  async function members(slug: string): Promise<string[]> {
    const memberships = await Membership.find({ room: slug, invited: null }, { userId: 1 }).lean()
    return memberships.map(({ userId }) => userId.toHexString())
  }

  async function existing(slug: string): Promise<RoomDoc> {
    const room = await Room.findById(slug).lean()
    if (room) return room
    throw new HttpError(404, 'room_not_found', 'There is no such room.')
  }

  async function visible(userId: string, slug: string): Promise<RoomDoc> {
    const [room, membership] = await Promise.all([existing(slug), Membership.exists({ room: slug, userId })])
    if (!room.private || membership) return room
    throw new HttpError(404, 'room_not_found', 'There is no such room.')
  }

  async function requireMember(userId: string, slug: string): Promise<RoomDoc> {
    const [room, member] = await Promise.all([
      visible(userId, slug),
      Membership.exists({ room: slug, userId, invited: null }),
    ])
    if (member) return room
    throw new HttpError(403, 'not_a_member', 'Only members may read and write here: join first.')
  }

  async function forgetUser(userId: string): Promise<void> {
    await Membership.deleteMany({ userId })
  }

  return {
    create: (userId: string, name: string, isPrivate?: boolean) =>
      limits.rooms(userId, () => create(userId, name, isPrivate)),
    send: (sender: Member, slug: string, text: string) =>
      limits.messages(sender.id, () => send(sender, slug, text)),
    list,
    join,
    leave,
    invite,
    messages,
    forgetUser,
  }
}

function toRoom(
  { _id, name, private: isPrivate }: Pick<RoomDoc, '_id' | 'name' | 'private'>,
  { member, invited = false }: { member: boolean; invited?: boolean },
): Room {
  return { slug: _id, name, member, ...(isPrivate && { private: true }), ...(invited && { invited: true }) }
}

function toRoomMessage({ _id, room, from, text, at }: RoomMessageDoc): RoomMessage {
  return { room, id: _id.toHexString(), from, text, at: at.toISOString() }
}

const MAX_SLUG = 30

/**
 * A room's name as it stands in URLs: 1 to 30 of `a-z`, `0-9` and `-`. Accents fall away ("Café" → "cafe"); a name with
 * nothing of the kind in it (another script, say) gets a random one.
 */
function toSlug(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_SLUG)
    .replace(/^-+|-+$/g, '')
  return slug || `room-${randomBytes(4).toString('hex')}`
}
