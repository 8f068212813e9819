import { Types } from 'mongoose'
import { readEnds } from '../log/ends.ts'
import type { Models } from '../models.ts'
import type { Devices } from '../sessions/devices.ts'
import type { Io } from '../wire.ts'
import type { CatchUp } from './catch-up.ts'
import { endSocket } from './expiry.ts'
import { sayReady } from './ready.ts'

/** `isOver`: messages were lost and are not being lost any more. Throws when the database is away. */
export type Resync = (isOver: boolean) => Promise<void>

interface Parts {
  models: Models
  sessions: Pick<Devices, 'alive'>
  catchUp: CatchUp
  /** This server's name. */
  instance: string
}

/**
 * Brings all local sockets up to date without having heard what happened elsewhere. While it may still be happening,
 * two queries, for however many sockets, find those that lack a notification or have lost their session; most need
 * nothing. When it is over, each is welcomed anew: what was read, deleted or said in a room meanwhile leaves no number
 * behind to look for.
 */
export function createResync(io: Io, { models, sessions, catchUp, instance }: Parts): Resync {
  return async (isOver) => {
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
      else if (cursor === undefined)
        continue // it is being welcomed just now, and misses nothing
      else if (isOver) {
        sayReady(socket, instance)
        await catchUp.welcome(socket)
      } else if (cursor < (ends.get(userId) ?? 0)) await catchUp.resend(socket)
    }
  }
}
