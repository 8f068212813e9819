import { askTogether } from '@levels/shared/server/ask-together.ts'
import type { Identities, Person } from '@levels/shared/server/caller.ts'
import { HttpError } from '@levels/shared/server/http-error.ts'
import { nameKey } from '@levels/shared/server/names.ts'
import type { Model } from 'mongoose'
import QuickLRU from 'quick-lru'
import type { UserDoc } from './models.ts'
import type { AccessTokens, Sessions } from './sessions.ts'
import { type Claims, refusal, type User } from './shapes.ts'

export type People = ReturnType<typeof createPeople>

/** Who has an id (remembered for a minute) or a name (for a second: another instance may give it to a new account). */
export function createPeople(User: Model<UserDoc>) {
  const options = { maxSize: 10_000, maxAge: 60_000 }
  const byKey = new QuickLRU<string, Person>({ ...options, maxAge: 1_000 })
  const byId = new QuickLRU<string, Person>(options)

  function remember(user: UserDoc | undefined | null, key?: string): Person | undefined {
    if (!user) return undefined
    const person = { id: user._id.toHexString(), username: user.username }
    if (key !== undefined) byKey.set(key, person)
    byId.set(person.id, person)
    return person
  }

  const findByIds = askTogether(async (ids: string[]) => {
    for (const user of await User.find({ _id: { $in: ids } }).lean()) remember(user)
  })

  /** Undefined when the user is gone. */
  async function withId(id: string): Promise<Person | undefined> {
    return byId.get(id) ?? findByIds(id).then(() => byId.get(id))
  }

  return {
    /** Throws HttpError 404 `user_not_found`. */
    async named(username: string): Promise<Person> {
      const key = username.normalize('NFKC').toLowerCase()
      const person = byKey.get(key) ?? remember(await findByName(User, username), key)
      if (person) return person
      throw new HttpError(404, 'user_not_found', 'There is no user of this name.')
    },
    /**
     * The user that an access token speaks for. An admin's role is looked up each time: whoever is none any more is
     * none from that moment on. Throws 401 `session_revoked` when the user is gone.
     */
    async userOf({ userId, role }: Claims): Promise<User> {
      const [person, isAdmin] = await Promise.all([
        withId(userId),
        role === 'admin' && User.exists({ _id: userId, role: 'admin' }),
      ])
      if (!person) throw refusal('session_revoked')
      return { ...person, role: isAdmin ? 'admin' : 'user' }
    },
    /** Everyone who was registered by then. */
    async allIds(by: Date): Promise<string[]> {
      const users = await User.find({ createdAt: { $lte: by } }, { _id: 1 }).lean()
      return users.map(({ _id }) => _id.toHexString())
    },
    forget(userId: string): void {
      byId.delete(userId)
      for (const [key, { id }] of byKey) if (id === userId) byKey.delete(key)
    },
  }
}

/**
 * The user of this name. Two users whose names became one when the rule for names changed both keep working: the one
 * that kept its old key (case folded only) is found by exactly its name.
 */
export async function findByName(User: Model<UserDoc>, username: string): Promise<UserDoc | undefined> {
  const oldKey = username.normalize('NFKC').toLowerCase()
  const found = await User.find({ usernameKey: { $in: [nameKey(username), oldKey] } }).lean()
  return found.find((user) => user.username.toLowerCase() === oldKey) ?? found[0]
}

/** How many tokens that were verified are remembered. */
const REMEMBERED = 1_000

/**
 * Says whom an access token speaks for, the same for REST, the handshake and the renewal of a socket's token. A token only
 * says that someone signed in. Whether the session has ended since is asked of the database each time, so a sign-out holds
 * from that moment, everywhere.
 */
export function createIdentify(
  tokens: AccessTokens,
  requireAlive: Identities['requireAlive'],
  people: People,
): Identities['identify'] {
  const verified = new QuickLRU<unknown, Claims>({ maxSize: REMEMBERED })

  /** A token that was verified once is good until it ends: its signature is not computed again with each request. */
  function verify(token: unknown): Claims {
    const known = verified.get(token)
    if (known && known.expiresAt > Date.now()) return known
    const claims = tokens.verify(token)
    verified.set(token, claims)
    return claims
  }

  return async (token) => {
    const claims = verify(token)
    const [user] = await Promise.all([people.userOf(claims), requireAlive(claims.sid)])
    return { ...user, sid: claims.sid, expiresAt: claims.expiresAt }
  }
}

/** Asked of the database each time; those who ask at once share a query, which is never older than their question. */
export function createRequireAlive(living: Sessions['living']): Identities['requireAlive'] {
  const ask = askTogether(living)
  return async (sid) => {
    if (!(await ask(sid)).has(sid)) throw refusal('session_revoked')
  }
}
