import { hash, randomBytes } from 'node:crypto'
import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import { objectId, text } from '@levels/shared/server/api/untrusted.ts'
import type { Caller } from '@levels/shared/server/caller.ts'
import { HttpError } from '@levels/shared/server/http-error.ts'
import { idempotencyHeaders } from '@levels/shared/server/idempotency.ts'
import { requiredId, requiredText, requiredTime } from '@levels/shared/server/stored.ts'
import { type Connection, type InferSchemaType, Schema, type Types } from 'mongoose'
import * as z from 'zod'
import type { Send } from './log/send.ts'
import { sent } from './log/shapes.ts'
import type { Models } from './models.ts'
import { madeKey, type PublishKey, publishKey, refusal } from './sessions/shapes.ts'

/** A publish key: with it, a program publishes in its owner's name. */
const publishKeySchema = new Schema(
  {
    userId: requiredId,
    name: requiredText,
    /** SHA-256 of the key. The key itself is nowhere on the server. */
    keyHash: requiredText,
    createdAt: requiredTime,
    lastUsedAt: Date,
  },
  { versionKey: false },
)
publishKeySchema.index({ keyHash: 1 }, { unique: true })
publishKeySchema.index({ userId: 1 })
type PublishKeyDoc = InferSchemaType<typeof publishKeySchema> & { _id: Types.ObjectId }

export const createKeyModel = (db: Connection) => ({
  PublishKey: db.model<PublishKeyDoc>('PublishKey', publishKeySchema, 'publishkeys'),
})

/** Tells a key from an access token, and lets secret scanners find it. */
const PREFIX = 'publish_'
const MAX_KEYS = 20

/**
 * In whose name a key publishes; undefined when it is no key at all. Throws 401 `token_invalid`. A key needs no password, and
 * can do nothing else.
 */
export function createOwnerOfKey({ PublishKey, User }: Pick<Models, 'PublishKey' | 'User'>) {
  return async (token: string | undefined): Promise<Caller | undefined> => {
    if (!token?.startsWith(PREFIX)) return undefined
    const used = { $set: { lastUsedAt: new Date() } }
    const key = await PublishKey.findOneAndUpdate({ keyHash: sha256(token) }, used).lean()
    const owner = key && (await User.findById(key.userId).lean())
    if (!owner) throw refusal('token_invalid')
    return { id: owner._id.toHexString(), username: owner.username, role: owner.role }
  }
}

/** The keys over REST. Another user's key is none that this user could know of. */
export function keyRoutes(route: DefineRoute, { PublishKey: Keys }: Pick<Models, 'PublishKey'>): void {
  route('POST /api/keys', {
    summary: 'Make a key with which a program publishes in your name; it is shown this once',
    body: z.strictObject({ name: text.trim().min(1).max(50).describe('What the key is for') }),
    status: 201,
    answer: madeKey,
    problems: { 409: 'There are too many keys' },
    async handle({ caller: { id: userId }, body: { name } }) {
      const key = PREFIX + randomBytes(32).toString('base64url')
      const made = await Keys.create({ userId, name, keyHash: sha256(key), createdAt: new Date() })
      // Counted afterwards: of many requests at once, each would find none of the others before.
      if ((await Keys.countDocuments({ userId })) > MAX_KEYS) {
        await Keys.deleteOne({ _id: made._id })
        throw new HttpError(409, 'too_many_keys', `You have ${MAX_KEYS} keys: revoke one first.`)
      }
      return { ...toPublishKey(made), key }
    },
  })

  route('GET /api/keys', {
    summary: 'Your keys for programs',
    answer: z.object({ items: z.array(publishKey) }),
    async handle({ caller }) {
      const mine = await Keys.find({ userId: caller.id }).sort({ _id: 1 }).lean()
      return { items: mine.map(toPublishKey) }
    },
  })

  route('DELETE /api/keys/:id', {
    summary: 'Revoke a key',
    params: z.strictObject({ id: objectId }),
    async handle({ caller, params }) {
      const { deletedCount } = await Keys.deleteOne({ _id: params.id, userId: caller.id })
      if (deletedCount === 0) throw new HttpError(404, 'not_found', 'You have no such key.')
    },
  })
}

function toPublishKey({ _id, name, createdAt, lastUsedAt }: PublishKeyDoc): PublishKey {
  return {
    id: _id.toHexString(),
    name,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  }
}

const sha256 = (key: string) => hash('sha256', key, 'base64url')

/** For programs and shell scripts: a key, a name in the path, and the text as it is. */
export function publishRoute(route: DefineRoute, send: Send): void {
  route('POST /api/publish/:to', {
    summary: 'Send text as a message. For programs, with a key from POST /api/keys',
    access: 'program',
    params: z.strictObject({ to: z.string().min(1).max(100).describe('A username, or "me"') }),
    query: z.strictObject({ title: text.trim().min(1).max(200).optional() }),
    headers: idempotencyHeaders,
    bodyType: 'text',
    body: text.trim().min(1).max(2_000),
    status: 201,
    answer: sent,
    handle({ caller, params, query, headers, body }) {
      const title = query.title ?? `Message from ${caller.username}`
      const message = { to: params.to, type: 'message' as const, title, message: body }
      return send(caller, message, headers['idempotency-key'])
    },
  })
}
