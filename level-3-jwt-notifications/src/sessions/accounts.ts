import type { Person } from '@levels/shared/server/caller.ts'
import { HttpError } from '@levels/shared/server/http-error.ts'
import { isDuplicateKey } from '@levels/shared/server/mongo-errors.ts'
import { nameKey } from '@levels/shared/server/names.ts'
import { hashPassword, verifyPassword } from '@levels/shared/server/password.ts'
import type { Model } from 'mongoose'
import type * as z from 'zod'
import type { Guard, Log } from './guard.ts'
import type { UserDoc } from './models.ts'
import { findByName } from './people.ts'
import type { Role, registration, User } from './shapes.ts'

/** The name in its one spelling: see parseName. */
export type NewAccount = z.output<typeof registration> & { role?: Role }

/** Users and their passwords. `guard` stands before every hash that a stranger can ask for, and throws 429 and 503. */
export function createAccounts(Users: Model<UserDoc>, guard: Guard) {
  /** Throws HttpError 409 `username_taken`: the unique index decides, also between two at the same moment. */
  async function create({ username, password, email, role = 'user' }: NewAccount): Promise<User> {
    const key = nameKey(username)
    if (await Users.exists({ usernameKey: key })) throw taken() // spares the hashing
    const passwordHash = await hashPassword(password)
    try {
      const account = { username, usernameKey: key, passwordHash, role, createdAt: new Date() }
      return toUser(await Users.create({ ...account, ...(email !== undefined && { email }) }))
    } catch (error) {
      throw isDuplicateKey(error) ? taken() : error
    }
  }

  /** Throws 401 `invalid_credentials`: the same answer after the same time, whether name or password is wrong. */
  async function checkPassword(user: UserDoc | undefined | null, password: string, what: string) {
    if ((await verifyPassword(password, user?.passwordHash)) && user) return user
    throw new HttpError(401, 'invalid_credentials', `${what} is wrong.`)
  }

  /** Runs `work` if the password is right. Counted like a login: a thief with an access token could guess for ever. */
  function confirmed<T>(person: Person, password: string, ip: string, work: () => Promise<T>): Promise<T> {
    return guard.login(nameKey(person.username), ip, async () => {
      await checkPassword(await Users.findById(person.id).lean(), password, 'The password')
      return work()
    })
  }

  return {
    create,

    register: (account: NewAccount, ip: string): Promise<User> =>
      guard.registration(nameKey(account.username), ip, () => create(account)),

    /** `isStillRight` MUST be asked once the session is open: a change of the password ends those that are open by then. */
    logIn: (username: string, password: string, ip: string) =>
      guard.login(nameKey(username), ip, async () => {
        const found = await checkPassword(await findByName(Users, username), password, 'Username or password')
        const { _id, passwordHash } = found
        return [toUser(found), async () => (await Users.exists({ _id, passwordHash })) !== null] as const
      }),

    confirmed,

    changePassword: (person: Person, { current, next }: { current: string; next: string }, ip: string) =>
      confirmed(person, current, ip, async () => {
        await Users.updateOne({ _id: person.id }, { $set: { passwordHash: await hashPassword(next) } })
      }),

    async find(userId: string): Promise<User | undefined> {
      const user = await Users.findById(userId).lean()
      return user ? toUser(user) : undefined
    },

    remove: async (userId: string): Promise<void> => void (await Users.deleteOne({ _id: userId })),
  }
}

/**
 * Brings stored keys up to the rule for names of today. Users whose names are one now keep their old keys and go on
 * working; the log names them. Must be done before the server listens.
 */
export async function migrateNames(Users: Model<UserDoc>, log: Log): Promise<void> {
  for await (const user of Users.find({}, { username: 1, usernameKey: 1 }).lean().cursor()) {
    const key = nameKey(user.username)
    if (key === user.usernameKey) continue
    try {
      await Users.updateOne({ _id: user._id }, { $set: { usernameKey: key } })
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
      const other = await Users.findOne({ usernameKey: key }, { username: 1 }).lean()
      log.warn(
        `Two users have names that are one by now: "${user.username}" and "${other?.username}". Both go on working`,
      )
    }
  }
}

function toUser({ _id, username, role }: Pick<UserDoc, '_id' | 'username' | 'role'>): User {
  return { id: _id.toHexString(), username, role }
}

const taken = () => new HttpError(409, 'username_taken', 'This username is taken.')
