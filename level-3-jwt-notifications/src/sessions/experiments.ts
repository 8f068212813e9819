import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import * as z from 'zod'
import { deviceOf, requireOwnPage } from './request.ts'
import type { AuthParts } from './routes.ts'

/**
 * What the page's buttons that hurt need from the server: things a visitor cannot do alone, since no script can read
 * the refresh cookie or sign a token. Development only.
 */
export function experimentRoutes(route: DefineRoute, parts: AuthParts): void {
  const { sessions, tokens, cookie, isAllowedOrigin } = parts

  route({
    method: 'post',
    path: '/api/auth/experiments/expired-token',
    summary: 'An access token that has expired (development only)',
    access: 'user',
    status: 200,
    answer: z.object({ accessToken: z.string() }),
    handle: ({ caller }) => ({
      accessToken: tokens.issue({ userId: caller.id, sid: caller.sid, role: caller.role }, -1).token,
    }),
  })

  route({
    method: 'post',
    path: '/api/auth/experiments/replay',
    summary: 'What a thief with an old refresh token would do; ends the session (development only)',
    access: 'public',
    status: 204,
    async handle({ req }) {
      requireOwnPage(req, isAllowedOrigin)
      const stolen = cookie.read(req)
      const { refreshToken } = await sessions.refresh(stolen, deviceOf(req)) // its owner uses it
      await sessions.refresh(refreshToken, deviceOf(req)) // and its successor: now the first is history
      await sessions.refresh(stolen, deviceOf(req)) // the thief shows it: refused, and the session is over
    },
  })
}
