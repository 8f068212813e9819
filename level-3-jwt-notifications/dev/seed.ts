import { createHash } from 'node:crypto'
import { upserted } from '@levels/shared/server/mongo-errors.ts'
import { readOrMakeSetting } from '@levels/shared/server/settings.ts'
import type { Role } from '../src/events.ts'
import type { Publication } from '../src/log/publish.ts'
import type { Level3Server } from '../src/server.ts'

const PASSWORD = 'password123'
/** Of that password, by shared/server/password.ts: made here once, since each takes a quarter of a second. */
const PASSWORD_HASH = 'scrypt$32768$8$3$JvsxfqZrccfesBUquWrR6g==$iiSWkaVIYvde4wCavv684KnwUSZqdFDzogQ6hMOdmuw='
const people: { username: string; email: string; role: Role }[] = [
  { username: 'alice', email: 'alice@example.com', role: 'user' },
  { username: 'bob', email: 'bob@example.com', role: 'user' },
  { username: 'admin', email: 'admin@example.com', role: 'admin' },
]

const first: Omit<Publication, 'userId'>[] = [
  {
    type: 'system',
    title: 'Welcome',
    message: 'This is your log: every notification you ever get, in order.',
  },
  {
    type: 'order.shipped',
    title: 'Your parcel is on its way',
    message: 'Order 1042 left our house this morning.',
    metadata: { order: 1042 },
  },
  { type: 'price.drop', title: 'Cheaper now', message: 'The headphones on your list cost 20 % less today.' },
]

/** The setting that says that everything was seeded. */
const DONE = 'seeded'

/**
 * For development: users and notifications to try things with, for a database without users. Each step may be done twice,
 * and the mark that all is done comes last. So the next start completes one that was interrupted, and two instances may
 * start together. Returns the start line that says who can sign in, if anybody was seeded.
 */
export async function seed({ models, publish }: Level3Server): Promise<string[]> {
  const { Setting, User } = models
  if (!(await Setting.exists({ _id: DONE }))) {
    if (await User.exists({ usernameKey: { $nin: people.map(({ username }) => username) } })) return []
    await Promise.all(
      people.map(async (person) => {
        const userId = await makeUser(person)
        await publish(first.map((content, index) => ({ ...content, userId, id: idFor(userId, index) })))
      }),
    )
    await readOrMakeSetting(Setting, DONE, () => 'yes')
  }
  return [`sign in as ${people.map(({ username }) => username).join(', ')}: password ${PASSWORD}`]

  async function makeUser(person: (typeof people)[number]): Promise<string> {
    const account = { ...person, passwordHash: PASSWORD_HASH, createdAt: new Date() }
    const made = await upserted(() =>
      User.findOneAndUpdate(
        { usernameKey: person.username },
        { $setOnInsert: account },
        { upsert: true, returnDocument: 'after', projection: { _id: 1 } },
      )
        .orFail()
        .lean(),
    )
    return made._id.toHexString()
  }
}

/** The same one each time, since the log stores an id once. */
function idFor(userId: string, index: number): string {
  return createHash('sha256').update(`${userId} ${index}`).digest('hex').slice(0, 24)
}
