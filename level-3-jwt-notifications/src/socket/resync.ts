import { eachOf } from '@levels/shared/server/gather.ts'
import { endSocket, type Io, type IoSocket, type Sessions } from './types.ts'

/** `isOver`: messages were lost and are not being lost any more. Throws when the database is away. */
export type Resync = (isOver: boolean) => Promise<void>

export interface ResyncParts {
  sessions: Sessions
  /** Where these users' logs end; an empty one is absent. */
  readEnds(userIds: readonly string[]): Promise<Map<string, number>>
  sayReady(socket: IoSocket): void
  welcome(socket: IoSocket): Promise<void>
  resend(socket: IoSocket): Promise<void>
}

/** How many sockets are brought up to date at a time: one that reads slowly must not keep all others waiting. */
const AT_ONCE = 10

/**
 * Brings all local sockets up to date without having heard what happened elsewhere. While it may still be happening,
 * two queries, for however many sockets, find those that lack a notification or have lost their session; most need
 * nothing. When it is over, each is welcomed anew: what was read, deleted or said in a room meanwhile leaves no number
 * behind to look for.
 */
export function createResync(io: Io, { sessions, readEnds, sayReady, welcome, resend }: ResyncParts): Resync {
  return async (isOver) => {
    const sockets = [...io.sockets.sockets.values()]
    const [alive, ends] = await Promise.all([
      sessions.alive([...new Set(sockets.map(({ data }) => data.sid))]),
      readEnds([...new Set(sockets.map(({ data }) => data.id))]),
    ])
    await eachOf(sockets, AT_ONCE, async (socket) => {
      const { sid, id, cursor } = socket.data
      if (!alive.has(sid)) return endSocket(socket, 'session_revoked')
      if (cursor === undefined) return // it is being welcomed just now, and misses nothing
      if (!isOver) return cursor < (ends.get(id) ?? 0) ? resend(socket) : undefined
      sayReady(socket)
      await welcome(socket)
    })
  }
}
