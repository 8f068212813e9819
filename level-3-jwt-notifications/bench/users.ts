import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import { Types } from 'mongoose'
import * as z from 'zod'
import type { Models } from '../src/models.ts'
import { loadSecrets } from '../src/sessions/secrets.ts'
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
      const { accessTokenKey, refreshTokenKey } = await loadSecrets(models, jwtSecret)
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
