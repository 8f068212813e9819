import { explainPacket, packetParts } from '@levels/shared/client/explain-packet.ts'
import { listen } from '@levels/shared/client/tap.ts'
import type { Part, Wire } from '@levels/shared/client/wire.ts'
import { callParts, closeEntry, openEntry, upgradeEntry } from '@levels/shared/client/wire-http.ts'
import { type HttpCall, watchHttp } from './http.ts'
import type { Access } from './session.ts'
import { hideSecrets, hideTokens } from './token.ts'

/** How a call begins (`POST /api/rooms`), and what it is for. */
export type CallWords = [start: string, why: string]

/**
 * Shows on the wire what this page sends and gets, over the socket and over HTTP, and says what it is. `furtherCalls`
 * are those that level 3 knows nothing of.
 */
export function explainTraffic(wire: Wire, furtherCalls: readonly CallWords[] = []): void {
  listen({
    opening: (url) => wire.add(upgradeEntry(url, 'an HTTP request that asks to become a WebSocket')),
    open: () => wire.add(openEntry),
    frame(direction, data, bytes) {
      if (typeof data !== 'string') return
      const { kind, why } = explainPacket(data, direction, explainEvent)
      const raw = hideTokens(data)
      wire.add({ direction, kind, raw, bytes, why, parts: () => packetParts(raw) })
    },
    close: (code, reason) => wire.add(closeEntry(code, reason)),
  })
  watchHttp((call) => {
    const { method, path, status, code, bytes } = call
    const parts = maskedParts(call)
    wire.add({
      direction: 'out',
      kind: 'http',
      raw: `${method} ${path} → ${status || 'no answer'}${code ? ` ${code}` : ''}`,
      bytes,
      why: explainCall(call, [...furtherCalls, ...calls]),
      parts: () => parts,
      kept: parts.reduce((sum, { text }) => sum + text.length, 0),
    })
  })
}

/** A call as whoever opens its line sees it: secrets masked, but there. */
function maskedParts(call: HttpCall): Part[] {
  // No script can see this cookie, on purpose. The browser sends it to these routes only.
  const cookie = 'cookie: refresh_token=… (HttpOnly: no script can read it)'
  const parts = callParts(call, ...(call.path.startsWith('/api/auth/') ? [cookie] : []))
  return parts.map(({ name, text }) => ({ name, text: hideSecrets(text) }))
}

/** Shows what a new access token says: anyone can read one, only the server can make one. */
export function explainToken(wire: Wire, { claims }: Access): void {
  const until = new Date(claims.exp * 1_000).toLocaleTimeString('en-GB')
  wire.add({
    direction: 'note',
    kind: 'token',
    raw: JSON.stringify(claims),
    why: `what the new access token says, decoded: good until ${until}, kept in memory only`,
  })
}

interface Numbers {
  seq?: number
  upTo?: number
  count?: number
  more?: boolean
  items?: unknown[]
  code?: string
}

/** What each event means, in a line; undefined for one that is not of level 3. */
export function explainEvent(name: string, [payload]: unknown[]): string | undefined {
  const { seq, upTo, count, more, items, code } = (payload ?? {}) as Numbers
  const lines: Record<string, string> = {
    'session:ready': 'signed in: which session this socket lives on, and until when',
    'session:expiring': 'the token ends soon: renew it, or this socket is cut',
    'session:ended': `the last word before the server cuts this socket: ${code}`,
    'session:renew': 'a fresh token for the same session: this socket may stay',
    'notifications:initial': `the newest of the log, which ends at number ${upTo}`,
    'notifications:missed': `${items?.length} missed since the cursor${more ? ', more follow' : ''}: everything up to ${upTo} is here now`,
    'notification:new': `number ${seq} of your log, stored before it was sent`,
    'notification:updated': `number ${seq} was read or unread, here or on another device`,
    'notification:deleted': `number ${seq} was deleted; its number is never used again`,
    'notifications:all-read': `everything up to ${upTo} is read`,
    'notifications:fetch': 'what is missing here, please',
    'notifications:seen': `everything up to ${upTo} is on screen`,
    'notification:mark-read': 'read or unread: all your tabs will hear of it',
    'notifications:mark-all-read': 'all read: all your tabs will hear of it',
    'notification:delete': 'away with it, in all your tabs',
    unread: `the badge: ${count} unread, as the server counts`,
    'room:message': 'said in a room of yours',
    'room:created': 'somebody made a room that everyone may join',
    'room:joined': 'somebody came into a room of yours',
    'room:left': 'somebody left a room of yours',
    'room:send': 'say this in a room; membership is checked again',
  }
  return lines[name]
}

/** By how the call begins; the first that fits. */
const calls: CallWords[] = [
  ['POST /api/auth/refresh', 'a new access token; the cookie was replaced, and the old one is used up'],
  ['POST /api/auth/login', 'the password, once; from here on tokens speak for you'],
  ['POST /api/auth/register', 'a new account, signed in at once'],
  ['POST /api/auth/logout', 'this session ends; its sockets, too'],
  ['POST /api/auth/experiments/expired-token', 'for the experiment: a token that is over already'],
  [
    'POST /api/auth/experiments/replay',
    'a used refresh token came back: two parties hold it, nobody knows which is the thief, the session ends for both',
  ],
  ['POST /api/auth/password', 'a new password; all other sessions end with the old one'],
  ['DELETE /api/auth/me', 'the account goes, with everything of it'],
  ['GET /api/preferences', 'what you want to hear of'],
  ['PUT /api/preferences', 'what you want to hear of from now on'],
  ['POST /api/keys', 'a key for a program; the server keeps its hash alone'],
  ['GET /api/keys', 'the keys that programs of yours publish with'],
  ['DELETE /api/keys', 'that key is worthless now'],
  ['GET /api/auth/sessions', 'where you are signed in'],
  ['DELETE /api/auth/sessions', 'that device is signed out, and its sockets are cut'],
  ['GET /api/notifications', 'a page of your log'],
  ['POST /api/notifications', 'stored in the log of whoever it is for, then sent to whoever is online'],
  ['DELETE /api/notifications', 'deleted; their numbers stay taken'],
  ['GET /api/rooms/', 'what was said in the room'],
  ['POST /api/rooms/', 'in, out, or an invitation: who is a member stands in the database'],
  ['POST /api/rooms', 'a new room; whoever makes it is its first member'],
  ['GET /api/rooms', 'the rooms that you may see, and which are yours'],
]

function explainCall({ method, path, status, code }: HttpCall, known: readonly CallWords[]): string {
  if (status === 0) return 'the server could not be reached'
  if (code === 'token_expired') return 'the token has expired: refresh, then the same again'
  const isReplay = path.endsWith('/experiments/replay')
  if (status >= 400 && !isReplay) return 'refused, and the code says why'
  return known.find(([start]) => `${method} ${path}`.startsWith(start))?.[1] ?? 'a call of the API'
}
