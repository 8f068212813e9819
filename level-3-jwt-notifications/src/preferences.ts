import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import { upserted } from '@levels/shared/server/mongo-errors.ts'
import { type Connection, Schema } from 'mongoose'
import * as z from 'zod'
import { notificationTypes } from './events.ts'
import type { Models } from './models.ts'

/** What tells a user of a stranger in the account is always delivered: the stranger must not be able to silence it. */
export const alwaysOn = ['account', 'login.new'] as const

const types = z.array(z.enum(notificationTypes).exclude(alwaysOn)).max(notificationTypes.length)

/** What a user wants to hear of, and when. The log has everything all the same. */
const preferences = z
  .strictObject({
    mutedUntil: z.iso.datetime().nullable().default(null).describe('Until then every channel is quiet'),
    off: z
      .strictObject({ socket: types.default([]), push: types.default([]), email: types.default([]) })
      .prefault({})
      .describe('The types that a channel does not bring; for `socket`: that the page shows without a toast'),
  })
  .meta({ id: 'Preferences' })
type Preferences = z.output<typeof preferences>

const schema = new Schema(
  {
    /** The user's id. */
    _id: Schema.Types.ObjectId,
    mutedUntil: Date,
    off: { socket: [String], push: [String], email: [String] },
  },
  { versionKey: false },
)
type PreferencesDoc = Pick<Preferences, 'off'> & { mutedUntil?: Date }

/** Who never said anything has none. */
export const createPreferencesModel = (db: Connection) => ({
  Preferences: db.model<PreferencesDoc>('Preferences', schema, 'preferences'),
})

/** What users want, over REST. */
export function preferenceRoutes(route: DefineRoute, { Preferences: Stored }: Pick<Models, 'Preferences'>) {
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
}
