import { HttpError } from '@levels/shared/server/respond.ts'
import type { Role, User } from '../events.ts'
import { isDuplicateKey, type Models } from '../models.ts'
import { normalizeUsername, usernameKey } from '../username.ts'
import { createKeyedQueue } from './keyed-queue.ts'
import { hashPassword, verifyPassword } from './password.ts'
import type { RateLimits } from './rate-limits.ts'

export interface NewAccount {
  username: string
  password: string
  email?: string
  role?: Role
}

export type Accounts = ReturnType<typeof createAccounts>

/** Users and their passwords. */
export function createAccounts({ User }: Models, limits: RateLimits) {
  const oneAtATime = createKeyedQueue()

  /** Throws HttpError 409 `username_taken`: the unique index decides, also between two at the same moment. */
  function create({ username, password, email, role = 'user' }: NewAccount): Promise<User> {
    const key = usernameKey(username)
    return oneAtATime(key, async () => {
      // Spares the hashing, also for nineteen of twenty at once; between instances only the index can tell.
      if (await User.exists({ usernameKey: key })) throw taken()
      const passwordHash = await hashPassword(password)
      try {
        const user = await User.create({
          username: normalizeUsername(username),
          usernameKey: key,
          passwordHash,
          role,
          email,
          createdAt: new Date(),
        })
        return toUser(user)
      } catch (error) {
        throw isDuplicateKey(error) ? taken() : error
      }
    })
  }

  /**
   * The user of this name and password. Throws HttpError 401 `invalid_credentials`, the same and as late whether the
   * name or the password is wrong, and 429 after too many failures.
   *
   * Attempts on one name are taken one after another: a burst of guesses cannot pass before the first is counted.
   */
  async function logIn(username: string, password: string, ip: string): Promise<User> {
    const key = usernameKey(username)
    await limits.checkLogin(key, ip) // with the database away, nobody waits in line to be told so
    return oneAtATime(key, async () => {
      await limits.checkLogin(key, ip)
      const user = await User.findOne({ usernameKey: key }).lean()
      if ((await verifyPassword(password, user?.passwordHash)) && user) return toUser(user)
      await limits.countFailedLogin(key, ip)
      throw new HttpError(401, 'invalid_credentials', 'Username or password is wrong.')
    })
  }

  async function find(userId: string): Promise<User | undefined> {
    const user = await User.findById(userId).lean()
    return user ? toUser(user) : undefined
  }

  return { create, logIn, find }
}

function toUser(user: { _id: { toHexString(): string }; username: string; role: Role }): User {
  return { id: user._id.toHexString(), username: user.username, role: user.role }
}

function taken(): HttpError {
  return new HttpError(409, 'username_taken', 'This username is taken.')
}
