import { refuseForeign } from '@levels/shared/server/api/admit.ts'
import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import * as z from 'zod'
import { deviceOf } from '../src/sessions/devices.ts'
import type { SessionsChapter } from '../src/sessions/index.ts'

/**
 * What the page's buttons that hurt need from the server: things a visitor cannot do alone, since no script can read
 * the refresh cookie or sign a token. Development only, and for the level's own page only.
 */
export function experimentRoutes(route: DefineRoute, parts: SessionsChapter): void {
  const { sessions, tokens, cookie, isAllowedOrigin } = parts

  route('POST /api/auth/experiments/expired-token', {
    summary: 'An access token that has expired (development only)',
    answer: z.object({ accessToken: z.string() }),
    handle({ caller: { id, sid, role }, req }) {
      refuseForeign(req, isAllowedOrigin)
      return { accessToken: tokens.issue({ userId: id, sid, role }, -1).token }
    },
  })

  route('POST /api/auth/experiments/replay', {
    summary: 'What a thief with an old refresh token would do; ends the session (development only)',
    access: 'own-page',
    async handle({ req }) {
      const stolen = cookie.read(req)
      const { refreshToken } = await sessions.refresh(stolen, deviceOf(req)) // its owner uses it
      await sessions.refresh(refreshToken, deviceOf(req)) // and its successor: now the first is history
      await sessions.refresh(stolen, deviceOf(req)) // the thief shows it: refused, and the session is over
    },
  })
}
