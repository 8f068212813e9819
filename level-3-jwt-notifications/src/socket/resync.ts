import { Types } from 'mongoose'
import type { Sessions } from '../auth/sessions.ts'
import type { Models } from '../models/index.ts'
import { readEnds } from '../notifications/ends.ts'
import type { Io } from '../wire.ts'
import type { CatchUp } from './catch-up.ts'
import { endSocket } from './expiry.ts'

interface Parts {
  models: Models
  sessions: Sessions
  catchUp: CatchUp
}

/**
 * Brings all local sockets up to date without having heard what happened elsewhere. Two queries, for however many
 * sockets, find those that need something; most need nothing.
 */
export function createResync(io: Io, { models, sessions, catchUp }: Parts): () => Promise<void> {
  return async () => {
    const sockets = [...io.sockets.sockets.values()]
    const sids = new Set(sockets.map(({ data }) => data.sid))
    const userIds = new Set(sockets.map(({ data }) => data.userId))
    const [alive, ends] = await Promise.all([
      sessions.alive([...sids]),
      readEnds(
        models,
        [...userIds].map((id) => new Types.ObjectId(id)),
      ),
    ])
    for (const socket of sockets) {
      const { sid, userId, cursor } = socket.data
      if (!alive.has(sid)) endSocket(socket, 'session_revoked')
      else if (cursor !== undefined && cursor < (ends.get(userId) ?? 0)) await catchUp.resend(socket)
    }
  }
}
