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
 * Brings all sockets of this instance up to date after messages between instances were lost. While more may be lost, two
 * queries find the sockets that lack a notification, or whose session is over. Afterwards each one is welcomed anew: what
 * was read, deleted, or said in a room has no number that could be missing.
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
