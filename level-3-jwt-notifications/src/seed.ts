import { HttpError } from '@levels/shared/server/respond.ts'
import type { Role } from './events.ts'
import type { Publication } from './notifications/publish.ts'
import type { Level3Server } from './server.ts'

const PASSWORD = 'password123'
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

/** For development: users and notifications to play with, into a database without users. Returns the start line. */
export async function seed({ models, accounts, publish }: Level3Server): Promise<string> {
  if (!(await models.User.exists({}))) {
    await Promise.all(
      people.map(async (person) => {
        try {
          const { id } = await accounts.create({ ...person, password: PASSWORD })
          await publish(first.map((content) => ({ ...content, userId: id })))
        } catch (error) {
          // Another instance that starts at the same moment was first.
          if (!(error instanceof HttpError && error.code === 'username_taken')) throw error
        }
      }),
    )
  }
  return `sign in as ${people.map(({ username }) => username).join(', ')}: password ${PASSWORD}`
}
