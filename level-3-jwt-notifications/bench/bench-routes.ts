import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import { Types } from 'mongoose'
import * as z from 'zod'
import { createReading } from '../src/log/reading.ts'
import type { Models } from '../src/models.ts'
import { loadSecrets } from '../src/sessions/index.ts'
import { createAccessTokens, createSessions } from '../src/sessions/sessions.ts'

/**
 * `POST /api/bench/users {count}`: so many users, each signed in on a device: tokens as after a login, without the time
 * that hashing a password takes on purpose. The first of them is an admin.
 */
export function benchUsers(route: DefineRoute, models: Models, jwtSecret: string): void {
  route('POST /api/bench/users', {
    summary: 'Users for measuring',
    access: 'public',
    body: z.strictObject({ count: z.int().min(1).max(5_000) }),
    status: 200,
    async handle({ body: { count } }) {
      const { accessTokenKey, refreshTokenKey } = await loadSecrets(models.Setting, jwtSecret)
      const tokens = createAccessTokens(accessTokenKey, 900)
      const sessions = createSessions(models.Session, refreshTokenKey, {
        onEnded: () => undefined,
        onReplayed: () => undefined,
      })
      const users = Array.from({ length: count }, (_, n) => ({
        _id: new Types.ObjectId(),
        username: `bench-${n}`,
        usernameKey: `bench-${n}`,
        passwordHash: 'none',
        role: n === 0 ? ('admin' as const) : ('user' as const),
        createdAt: new Date(),
      }))
      await models.User.insertMany(users)
      const issued: string[] = []
      for (const { _id, role } of users) {
        const userId = _id.toHexString()
        const { sid } = await sessions.open(userId, { userAgent: 'bench', ip: '' })
        issued.push(tokens.issue({ userId, sid, role }).token)
      }
      return { tokens: issued }
    },
  })
}

const BATCH = 500

/** `POST /api/bench/log {count}`: so many notifications in the caller's empty log. `POST /api/bench/count`: of the unread. */
export function benchLog(route: DefineRoute, { Notification }: Models): void {
  route('POST /api/bench/log', {
    summary: 'A long log',
    body: z.strictObject({ count: z.int().min(1) }),
    status: 200,
    async handle({ caller, body: { count } }) {
      const userId = new Types.ObjectId(caller.id)
      const content = { type: 'system' as const, title: 'Measured', message: 'x'.repeat(100) }
      for (let first = 1; first <= count; first += BATCH) {
        const length = Math.min(BATCH, count - first + 1)
        const entries = Array.from({ length }, (_, n) => ({ userId, seq: first + n, ...content }))
        await Notification.collection.insertMany(
          entries.map((entry) => ({ ...entry, createdAt: new Date() })),
        )
      }
      return { count }
    },
  })
  const reading = createReading(Notification)
  route('POST /api/bench/count', {
    summary: 'Unread notifications',
    body: z.strictObject({}),
    status: 200,
    handle: async ({ caller }) => ({ unread: await reading.countUnread(caller.id) }),
  })
}
