import { bearerToken } from '@levels/shared/server/api/admit.ts'
import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import type { Request, Response } from 'express'
import * as z from 'zod'
import { deviceOf } from './devices.ts'
import type { SessionsChapter } from './index.ts'
import type { AccessTokens } from './sessions.ts'
import {
  type Claims,
  credentials,
  deviceSession,
  passwordChange,
  passwordOnly,
  refusal,
  registration,
  type SignedIn,
  signedInAnswer,
  type User,
  userAnswer,
} from './shapes.ts'

/** Register, log in, refresh, log out, and the list of devices. */
export function authRoutes(route: DefineRoute, parts: SessionsChapter): void {
  const { accounts, cookie, sessions, devices, tokens, signIns } = parts

  function answer(user: User, sid: string): SignedIn {
    const { token, expiresIn } = tokens.issue({ userId: user.id, sid, role: user.role })
    return { user, accessToken: token, expiresIn }
  }

  /** Opens a session for a user whose password was right, and tells of it. */
  async function letIn(user: User, req: Request, res: Response, isStillRight = async () => true) {
    const device = deviceOf(req)
    const newDevice = await devices.isNew(user.id, device)
    const { sid, refreshToken } = await sessions.open(user.id, device)
    if (!(await isStillRight())) await sessions.end(user.id, [sid])
    signIns.emit('sign-in', { userId: user.id, sid, ...device, newDevice })
    cookie.set(res, refreshToken)
    return answer(user, sid)
  }

  route('POST /api/auth/register', {
    summary: 'Make an account and sign in',
    access: 'public',
    body: registration,
    status: 201,
    answer: signedInAnswer,
    problems: { 409: 'The username is taken' },
    handle: async ({ body, req, res }) => letIn(await accounts.register(body, req.ip ?? ''), req, res),
  })

  route('POST /api/auth/login', {
    summary: 'Sign in',
    access: 'public',
    body: credentials,
    answer: signedInAnswer,
    problems: { 401: 'Username or password is wrong' },
    async handle({ body, req, res }) {
      const [user, isStillRight] = await accounts.logIn(body.username, body.password, req.ip ?? '')
      return letIn(user, req, res, isStillRight)
    },
  })

  route('POST /api/auth/refresh', {
    summary: 'A new access token for the refresh cookie, which is replaced, too',
    access: 'own-page',
    answer: signedInAnswer,
    async handle({ req, res }) {
      const { sid, userId, refreshToken } = await sessions.refresh(cookie.read(req), deviceOf(req))
      const user = await accounts.find(userId)
      if (!user) throw refusal('session_revoked')
      cookie.set(res, refreshToken)
      return answer(user, sid)
    },
  })

  route('POST /api/auth/logout', {
    summary: 'End the session of the refresh cookie or, without one, of the access token',
    access: 'own-page',
    async handle({ req, res }) {
      const ending = (await devices.ownerOf(cookie.read(req))) ?? ownerOf(bearerToken(req), tokens)
      if (ending) await sessions.end(ending.userId, [ending.sid])
      cookie.clear(res)
    },
  })

  route('GET /api/auth/me', {
    summary: 'Who is signed in',
    answer: z.object({ user: userAnswer }),
    handle: ({ caller: { id, username, role } }) => ({ user: { id, username, role } }),
  })

  route('DELETE /api/auth/me', {
    summary: 'Delete the account and everything of it',
    body: passwordOnly,
    async handle({ caller, body, req, res }) {
      await accounts.confirmed(caller, body.password, req.ip ?? '', async () => {
        await devices.endAllOf(caller.id, caller.sid)
        await parts.forget(caller.id)
        await accounts.remove(caller.id)
        await parts.forget(caller.id) // what came in between
      })
      await sessions.end(caller.id, [caller.sid])
      signIns.emit('account-deleted', { userId: caller.id })
      cookie.clear(res)
    },
  })

  route('POST /api/auth/password', {
    summary: 'Change the password; ends all other sessions',
    body: passwordChange,
    async handle({ caller, body, req }) {
      await accounts.changePassword(caller, body, req.ip ?? '')
      await devices.endAllOf(caller.id, caller.sid)
      signIns.emit('password-changed', { userId: caller.id, ...deviceOf(req) })
    },
  })

  route('GET /api/auth/sessions', {
    summary: 'The devices signed in',
    answer: z.object({ items: z.array(deviceSession) }),
    handle: async ({ caller }) => ({ items: await devices.list(caller.id, caller.sid) }),
  })

  route('DELETE /api/auth/sessions/:id', {
    summary: 'Sign one device out',
    params: z.strictObject({ id: z.uuid() }),
    problems: { 403: 'It is another user’s' },
    handle: ({ caller, params }) => devices.signOut(caller.id, params.id),
  })

  route('DELETE /api/auth/sessions', {
    summary: 'Sign all other devices out',
    handle: ({ caller }) => devices.endAllOf(caller.id, caller.sid),
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
