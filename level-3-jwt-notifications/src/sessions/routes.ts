import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import type { OriginCheck } from '@levels/shared/server/origin.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import type { Request, Response } from 'express'
import * as z from 'zod'
import { deviceSessions, signedInAnswer, userAnswer } from '../answers.ts'
import type { SignedIn, User } from '../events.ts'
import { credentials, registration } from '../schemas.ts'
import { type AccessTokens, type Claims, refusal } from './access-token.ts'
import type { Accounts } from './accounts.ts'
import { bearerToken } from './caller.ts'
import type { RefreshCookie } from './cookie.ts'
import type { RateLimits } from './rate-limits.ts'
import { deviceOf, requireOwnPage } from './request.ts'
import { type SignInParts, signedIn, signIn } from './sign-in.ts'

export interface AuthParts extends SignInParts {
  accounts: Accounts
  limits: RateLimits
  cookie: RefreshCookie
  isAllowedOrigin: OriginCheck
}

/** Register, log in, refresh, log out, and the list of devices. */
export function authRoutes(route: DefineRoute, parts: AuthParts): void {
  const { accounts, limits, cookie, sessions, devices, tokens } = parts

  async function letIn(user: User, req: Request, res: Response): Promise<SignedIn> {
    const { refreshToken, ...answer } = await signIn(user, deviceOf(req), parts)
    cookie.set(res, refreshToken)
    return answer
  }

  route({
    method: 'post',
    path: '/api/auth/register',
    summary: 'Make an account and sign in',
    access: 'public',
    body: registration,
    status: 201,
    answer: signedInAnswer,
    async handle({ body, req, res }) {
      const ip = req.ip ?? ''
      await limits.countRegistration(ip)
      try {
        return await letIn(await accounts.create(body), req, res)
      } catch (error) {
        if (error instanceof HttpError) await limits.forgiveRegistration(ip) // the name was taken
        throw error
      }
    },
  })

  route({
    method: 'post',
    path: '/api/auth/login',
    summary: 'Sign in',
    access: 'public',
    body: credentials,
    status: 200,
    answer: signedInAnswer,
    async handle({ body, req, res }) {
      return letIn(await accounts.logIn(body.username, body.password, req.ip ?? ''), req, res)
    },
  })

  route({
    method: 'post',
    path: '/api/auth/refresh',
    summary: 'A new access token for the refresh cookie, which is replaced, too',
    access: 'public',
    status: 200,
    answer: signedInAnswer,
    async handle({ req, res }) {
      requireOwnPage(req, parts.isAllowedOrigin)
      const { sid, userId, refreshToken } = await sessions.refresh(cookie.read(req), deviceOf(req))
      const user = await accounts.find(userId)
      if (!user) throw refusal('session_revoked')
      cookie.set(res, refreshToken)
      return signedIn(user, sid, tokens)
    },
  })

  route({
    method: 'post',
    path: '/api/auth/logout',
    summary: 'End the session of the refresh cookie or, without one, of the access token',
    access: 'public',
    status: 204,
    async handle({ req, res }) {
      requireOwnPage(req, parts.isAllowedOrigin)
      const ending = (await sessions.ownerOf(cookie.read(req))) ?? ownerOf(bearerToken(req), tokens)
      if (ending) await sessions.end(ending.userId, [ending.sid])
      cookie.clear(res)
    },
  })

  route({
    method: 'get',
    path: '/api/auth/me',
    summary: 'Who is signed in',
    access: 'user',
    status: 200,
    answer: z.object({ user: userAnswer }),
    handle: ({ caller: { sid: _, ...user } }) => ({ user }),
  })

  route({
    method: 'get',
    path: '/api/auth/sessions',
    summary: 'The devices signed in',
    access: 'user',
    status: 200,
    answer: deviceSessions,
    handle: async ({ caller }) => ({ items: await devices.list(caller.id, caller.sid) }),
  })

  route({
    method: 'delete',
    path: '/api/auth/sessions/:id',
    summary: 'Sign one device out',
    access: 'user',
    params: z.strictObject({ id: z.uuid() }),
    status: 204,
    handle: ({ caller, params }) => devices.signOut(caller.id, params.id),
  })

  route({
    method: 'delete',
    path: '/api/auth/sessions',
    summary: 'Sign all other devices out',
    access: 'user',
    status: 204,
    handle: ({ caller }) => devices.signOutOthers(caller.id, caller.sid),
  })
}

/** Whose session an access token speaks for; nobody's if it is not good: signing out never fails. */
function ownerOf(token: string | undefined, tokens: AccessTokens): Claims | undefined {
  try {
    return tokens.verify(token)
  } catch {
    return undefined
  }
}
