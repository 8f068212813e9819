import { createHash, randomBytes } from 'node:crypto'
import type { Caller, DefineRoute } from '@levels/shared/server/api/route.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import { type Model, Types } from 'mongoose'
import * as z from 'zod'
import type { PublishKeyDoc, UserDoc } from './models.ts'
import { madeKey, newKey, type PublishKey, publishKey, refusal } from './shapes.ts'

const PREFIX = 'publish_'
const MAX_KEYS = 20

export type PublishKeys = ReturnType<typeof createPublishKeys>

/** Whether a bearer token claims to be a key rather than an access token. The prefix lets secret scanners find it, too. */
export function isPublishKey(token: string | undefined): token is string {
  return token?.startsWith(PREFIX) ?? false
}

/** Keys for programs: each publishes in its owner's name, without a password, and can do nothing else. */
export function createPublishKeys(Keys: Model<PublishKeyDoc>, Users: Model<UserDoc>) {
  return {
    /** The key is in the answer this once: the database has its hash. Throws HttpError 409 `too_many_keys`. */
    async make(userId: string, name: string): Promise<z.infer<typeof madeKey>> {
      if ((await Keys.countDocuments({ userId })) >= MAX_KEYS) {
        throw new HttpError(409, 'too_many_keys', `You have ${MAX_KEYS} keys: revoke one first.`)
      }
      const key = PREFIX + randomBytes(32).toString('base64url')
      const made = await Keys.create({ userId, name, keyHash: hash(key), createdAt: new Date() })
      return { ...toPublishKey(made), key }
    },

    async list(userId: string): Promise<PublishKey[]> {
      return (await Keys.find({ userId }).sort({ _id: 1 }).lean()).map(toPublishKey)
    },

    /** Throws HttpError 404. Another user's key is none that this user could know of. */
    async revoke(userId: string, id: string): Promise<void> {
      const { deletedCount } = await Keys.deleteOne({ _id: new Types.ObjectId(id), userId })
      if (deletedCount === 0) throw new HttpError(404, 'not_found', 'You have no such key.')
    },

    async revokeAll(userId: string): Promise<void> {
      await Keys.deleteMany({ userId })
    },

    /** In whose name a key publishes. Throws 401 `token_invalid`. */
    async ownerOf(key: string): Promise<Caller> {
      const found = await Keys.findOneAndUpdate(
        { keyHash: hash(key) },
        { $set: { lastUsedAt: new Date() } },
      ).lean()
      const owner = found && (await Users.findById(found.userId).lean())
      if (!owner) throw refusal('token_invalid')
      return { id: owner._id.toHexString(), username: owner.username, role: owner.role }
    },
  }
}

/** The keys over REST. */
export function keyRoutes(route: DefineRoute, keys: PublishKeys): void {
  route({
    method: 'post',
    path: '/api/keys',
    summary: 'Make a key with which a program publishes in your name; it is shown this once',
    access: 'user',
    body: newKey,
    status: 201,
    answer: madeKey,
    problems: { 409: 'There are too many keys' },
    handle: ({ caller, body }) => keys.make(caller.id, body.name),
  })

  route({
    method: 'get',
    path: '/api/keys',
    summary: 'Your keys for programs',
    access: 'user',
    status: 200,
    answer: z.object({ items: z.array(publishKey) }),
    handle: async ({ caller }) => ({ items: await keys.list(caller.id) }),
  })

  route({
    method: 'delete',
    path: '/api/keys/:id',
    summary: 'Revoke a key',
    access: 'user',
    params: z.strictObject({ id: z.string().regex(/^[0-9a-f]{24}$/i, 'must be the id of a key') }),
    status: 204,
    handle: ({ caller, params }) => keys.revoke(caller.id, params.id),
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

function hash(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}
