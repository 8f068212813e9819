import * as z from 'zod'
import type { DefineRoute } from '../http/route.ts'
import type { AuthParts } from './routes.ts'
import { deviceOf, requireOwnPage } from './routes.ts'

/**
 * What the page's "Break it" buttons need from the server, in development only: a page can neither make a token that
 * has expired nor see its own refresh cookie, let alone a used one.
 */
export function experimentRoutes(
  route: DefineRoute,
  { tokens, sessions, cookie, isAllowedOrigin }: AuthParts,
): void {
  route({
    method: 'post',
    path: '/api/auth/experiments/expired-token',
    summary: 'Development only: an access token that has expired',
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
    summary: 'Development only: the refresh cookie, stolen and used by two parties',
    access: 'public',
    status: 204,
    async handle({ req }) {
      requireOwnPage(req, isAllowedOrigin)
      const stolen = cookie.read(req)
      const next = await sessions.refresh(stolen, deviceOf(req)) // its owner uses it,
      await sessions.refresh(next.refreshToken, deviceOf(req)) // uses the successor: from now on nobody is a mere loser
      await sessions.refresh(stolen, deviceOf(req)) // and the thief comes: 401 session_revoked, for both
    },
  })
}
