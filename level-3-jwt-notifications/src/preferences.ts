import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import { upserted } from '@levels/shared/server/mongo-errors.ts'
import { type Connection, Schema } from 'mongoose'
import * as z from 'zod'
import { type NotificationType, notificationTypes } from './events.ts'

/** The ways to reach a user, by the names of their delivery channels. */
const channels = ['socket', 'push', 'email'] as const
export type ChannelName = (typeof channels)[number]

/** What tells a user of a stranger in the account is always delivered: the stranger must not be able to silence it. */
const ALWAYS: readonly NotificationType[] = ['account', 'login.new']

const types = z
  .array(z.enum(notificationTypes).exclude(['account', 'login.new']))
  .max(notificationTypes.length)

/** What a user wants to hear of, and when. The log has everything all the same. */
export const preferences = z
  .strictObject({
    mutedUntil: z.iso.datetime().nullable().default(null).describe('Until then every channel is quiet'),
    off: z
      .strictObject({ socket: types.default([]), push: types.default([]), email: types.default([]) })
      .default({ socket: [], push: [], email: [] })
      .describe('The types that a channel does not bring; for `socket`: that the page shows without a toast'),
  })
  .meta({ id: 'Preferences' })
export type Preferences = z.output<typeof preferences>

const schema = new Schema(
  {
    /** The user's id. */
    _id: Schema.Types.ObjectId,
    mutedUntil: Date,
    off: { socket: [String], push: [String], email: [String] },
  },
  { versionKey: false },
)

export type PreferenceStore = ReturnType<typeof createPreferences>

/** What users want, and the routes where they say so. */
export function createPreferences(db: Connection) {
  const Stored = db.model<{ mutedUntil?: Date; off: Preferences['off'] }>(
    'Preferences',
    schema,
    'preferences',
  )

  async function read(userId: string): Promise<Preferences> {
    const stored = await Stored.findById(userId).lean()
    return stored
      ? { mutedUntil: stored.mutedUntil?.toISOString() ?? null, off: stored.off }
      : preferences.parse({})
  }

  async function write(userId: string, { mutedUntil, off }: Preferences): Promise<Preferences> {
    const wanted = { off, ...(mutedUntil !== null && { mutedUntil: new Date(mutedUntil) }) }
    await upserted(() => Stored.replaceOne({ _id: userId }, wanted, { upsert: true }))
    return read(userId)
  }

  return {
    read,

    /** Those of the users whom this channel may bring a notification of this type now. One query for all of them. */
    async allowing(userIds: readonly string[], channel: ChannelName, type: NotificationType) {
      if (ALWAYS.includes(type)) return new Set(userIds)
      const refused = await Stored.find(
        { _id: { $in: userIds }, $or: [{ mutedUntil: { $gt: new Date() } }, { [`off.${channel}`]: type }] },
        { _id: 1 },
      ).lean()
      const ids = new Set(refused.map(({ _id }) => _id.toHexString()))
      return new Set(userIds.filter((id) => !ids.has(id)))
    },

    async forgetUser(userId: string): Promise<void> {
      await Stored.deleteOne({ _id: userId })
    },

    routes(route: DefineRoute): void {
      route('GET /api/preferences', {
        summary: 'What you want to be told of',
        answer: preferences,
        handle: ({ caller }) => read(caller.id),
      })

      route('PUT /api/preferences', {
        summary: 'Say what you want to be told of; what is left out is back at its default',
        body: preferences,
        answer: preferences,
        handle: ({ caller, body }) => write(caller.id, body),
      })
    },
  }
}
