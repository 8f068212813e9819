import { HttpError } from '@levels/shared/server/respond.ts'
import type { Types } from 'mongoose'
import { BoundedMap } from './bounded-map.ts'
import type { Models } from './models.ts'
import { usernameKey } from './username.ts'

export interface Person {
  id: string
  username: string
}

export type People = ReturnType<typeof createPeople>

/** Who is behind a username or an id. Neither ever changes here, so both are remembered. */
export function createPeople({ User }: Models) {
  const byKey = new BoundedMap<string, Person>(10_000)
  const byId = new BoundedMap<string, Person>(10_000)

  function remember(user: { _id: Types.ObjectId; username: string; usernameKey: string } | null) {
    if (!user) return undefined
    const person = { id: user._id.toHexString(), username: user.username }
    byKey.set(user.usernameKey, person)
    byId.set(person.id, person)
    return person
  }

  return {
    /** Throws HttpError 404 `user_not_found`. */
    async named(username: string): Promise<Person> {
      const key = usernameKey(username)
      const person = byKey.get(key) ?? remember(await User.findOne({ usernameKey: key }).lean())
      if (person) return person
      throw new HttpError(404, 'user_not_found', 'There is no user of this name.')
    },
    /** Undefined when the user is gone. */
    async withId(id: string): Promise<Person | undefined> {
      return byId.get(id) ?? remember(await User.findById(id).lean())
    },
    /** Everyone who was registered by then. */
    async allIds(by: Date): Promise<string[]> {
      const users = await User.find({ createdAt: { $lte: by } }, { _id: 1 }).lean()
      return users.map(({ _id }) => _id.toHexString())
    },
  }
}
