import { HttpError } from '@levels/shared/server/http-error.ts'
import { nameKey, parseName } from '@levels/shared/server/names.ts'
import * as z from 'zod'

/** What crosses the wire in this chapter: REST, the handshake, and what a token says. Types are inferred. */

const time = z.iso.datetime()

export const role = z.enum(['user', 'admin'])
export type Role = z.infer<typeof role>

export const userAnswer = z.strictObject({ id: z.string(), username: z.string(), role }).meta({ id: 'User' })
export type User = z.infer<typeof userAnswer>

/** The answer to register, login and refresh. The refresh token travels beside it, in a cookie no script can read. */
export const signedInAnswer = z
  .strictObject({
    user: userAnswer,
    accessToken: z.string().describe('A JWT, to be kept in memory only'),
    expiresIn: z.int().describe('Seconds until the access token expires'),
  })
  .meta({ id: 'SignedIn' })
export type SignedIn = z.infer<typeof signedInAnswer>

/** One signed-in device. */
export const deviceSession = z
  .strictObject({
    id: z.uuid(),
    userAgent: z.string(),
    ip: z.string(),
    createdAt: time,
    lastUsedAt: time,
    current: z.boolean().describe('True for the one that asks'),
  })
  .meta({ id: 'DeviceSession' })
export type DeviceSession = z.infer<typeof deviceSession>

/** A publish key, as its owner sees it in the list. */
export const publishKey = z
  .strictObject({ id: z.string(), name: z.string(), createdAt: time, lastUsedAt: time.nullable() })
  .meta({ id: 'PublishKey' })
export type PublishKey = z.infer<typeof publishKey>

/** The only answer that ever holds the key itself. */
export const madeKey = publishKey
  .extend({ key: z.string().describe('Shown this once') })
  .meta({ id: 'MadePublishKey' })

const refusals = {
  token_missing: 'Sign in first: there is no token.',
  token_invalid: 'This token is not valid here.',
  token_expired: 'This token has expired: refresh it.',
  session_revoked: 'This session was ended: sign in again.',
}

/** Why a handshake was refused: `err.data` of `connect_error`. */
export type Refusal = { code: keyof typeof refusals; message: string }

/** Why someone is not let in: the same four codes on REST (401) and in the handshake. */
export const refusal = (code: Refusal['code']) => new HttpError(401, code, refusals[code])

/** No access token of this server lives longer, in seconds. A longer one is forged, or breaks timers and dates. */
const MAX_TOKEN_LIFE_S = 86_400

/** What an access token says, its signature checked already. `expiresAt` is in milliseconds since 1970. */
export const claims = z
  .object({
    sub: z.string().regex(/^[0-9a-f]{24}$/),
    sid: z.uuid(),
    role,
    exp: z.int().refine((exp) => exp <= Date.now() / 1000 + MAX_TOKEN_LIFE_S + 60),
  })
  .transform(({ sub, sid, role, exp }) => ({ userId: sub, sid, role, expiresAt: exp * 1000 }))
export type Claims = z.output<typeof claims>

/** Where a request comes from, as far as it can be known. */
export interface Device {
  userAgent: string
  ip: string
}

/** Addresses the caller in the API, so nobody can be called so. */
const RESERVED = 'me'

export const username = z
  .string()
  .max(100)
  .transform((text, context) => {
    const parsed = parseName(text)
    if (parsed.ok && nameKey(parsed.name) !== RESERVED) return parsed.name
    context.addIssue({ code: 'custom', message: parsed.ok ? 'This name is reserved.' : parsed.reason })
    return z.NEVER
  })

const newPassword = z.string().min(8).max(128)
/** Looser than a new one: what can be no user's password is simply wrong, not a different answer. */
const anyPassword = z.string().min(1).max(128)

export const registration = z.strictObject({
  username,
  password: newPassword,
  email: z.email().max(254).optional(),
})
export const credentials = z.strictObject({ username: z.string().min(1).max(100), password: anyPassword })
export const passwordChange = z.strictObject({ current: anyPassword, next: newPassword })
export const passwordOnly = z.strictObject({ password: anyPassword })
