import { type KeyObject, randomUUID } from 'node:crypto'
import { HttpError } from '@levels/shared/server/respond.ts'
import jwt from 'jsonwebtoken'
import * as z from 'zod'
import type { Refusal, Role } from '../events.ts'

/** Whom an access token speaks for. */
export interface Claims {
  userId: string
  /** The device session. */
  sid: string
  role: Role
  /** When the token ends, in milliseconds since 1970. */
  expiresAt: number
}

export interface AccessTokens {
  /** `expiresIn`: seconds it lives, when it is not the usual time. */
  issue(
    claims: Pick<Claims, 'userId' | 'sid' | 'role'>,
    expiresIn?: number,
  ): { token: string; expiresIn: number }
  /** Throws HttpError 401 with a Refusal's code. Tells nothing about the session: ask that, too. */
  verify(token: unknown): Claims
}

/** Pinned: a token says which algorithm it was signed with, and believing that is how forgeries pass (RFC 8725). */
const ALGORITHM = 'HS256'
const ISSUER = 'realtime-level-by-level'
const AUDIENCE = 'realtime-level-by-level/api'

const payloadSchema = z.object({
  sub: z.string().regex(/^[0-9a-f]{24}$/),
  sid: z.uuid(),
  role: z.enum(['user', 'admin']),
  exp: z.int(),
})

/** Access tokens: JWTs (RFC 7519) that live `ttlS` seconds, signed with `key`. */
export function createAccessTokens(key: KeyObject, ttlS: number): AccessTokens {
  return {
    issue({ userId, sid, role }, expiresIn = ttlS) {
      const token = jwt.sign({ sid, role }, key, {
        algorithm: ALGORITHM,
        issuer: ISSUER,
        audience: AUDIENCE,
        subject: userId,
        expiresIn,
        jwtid: randomUUID(), // two tokens of one second differ
      })
      return { token, expiresIn }
    },
    verify(token) {
      if (token === undefined || token === null || token === '') throw refusal('token_missing')
      if (typeof token !== 'string') throw refusal('token_invalid')
      try {
        const payload = payloadSchema.parse(
          jwt.verify(token, key, { algorithms: [ALGORITHM], issuer: ISSUER, audience: AUDIENCE }),
        )
        return { userId: payload.sub, sid: payload.sid, role: payload.role, expiresAt: payload.exp * 1000 }
      } catch (error) {
        throw refusal(error instanceof jwt.TokenExpiredError ? 'token_expired' : 'token_invalid')
      }
    },
  }
}

const sentences: Record<Refusal['code'], string> = {
  token_missing: 'Sign in first: there is no token.',
  token_invalid: 'This token is not valid here.',
  token_expired: 'This token has expired: refresh it.',
  session_revoked: 'This session was ended: sign in again.',
}

/** Why someone is not let in: the same four codes on REST and in the handshake. */
export function refusal(code: Refusal['code']): HttpError {
  return new HttpError(401, code, sentences[code])
}
