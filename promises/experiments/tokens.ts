import { createHmac } from 'node:crypto'
import { io } from 'socket.io-client'
import type { Level3Person } from '../dialects/level-3.ts'
import { type Answer, call } from '../http.ts'

// JSON Web Tokens by hand (RFC 7515): the experiments need wrong ones, which no library makes.

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')

export type Claims = Record<string, unknown>

/** What a token says of its holder. */
export function claimsOf(token: string): Claims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

/** A token with these claims, signed with this secret by HMAC (or not signed, with `none`). */
export function forge(
  claims: Claims,
  secret: string,
  alg: 'HS256' | 'HS384' | 'HS512' | 'none' = 'HS256',
): string {
  const content = `${encode({ alg, typ: 'JWT' })}.${encode(claims)}`
  const hash = alg.replace('HS', 'sha')
  const signature = alg === 'none' ? '' : createHmac(hash, secret).update(content).digest('base64url')
  return `${content}.${signature}`
}

/** The status of a REST call with this token (or without one). */
export async function restStatus(url: string, token: string | undefined): Promise<number> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return (await call(`${url}/api/auth/me`, { headers })).status
}

/** Why a handshake with this token is refused; undefined when it is let in. */
export function handshakeRefusal(url: string, token: unknown, withinMs = 5_000): Promise<string | undefined> {
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, auth: { token } })
  return new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(resolve, withinMs, 'no answer')
    // Socket.IO connects before it authenticates where the server is careless: only what comes then counts.
    socket.once('session:ready', () => resolve(undefined))
    socket.once('connect_error', (error: Error & { data?: { code?: string } }) => {
      resolve(error.data?.code ?? error.message)
    })
    socket.once('disconnect', (reason) => resolve(reason))
    socket.once('close', () => clearTimeout(timer))
  }).finally(() => socket.disconnect())
}

/** Asks for a new access token with this refresh cookie, as the page does. */
export function refresh(person: Level3Person, cookie: string): Promise<Answer> {
  const headers = { cookie, 'x-requested-with': 'fetch' }
  return person.api('POST', '/api/auth/refresh', undefined, headers)
}
