import { parse } from '@levels/shared/server/api/parse.ts'
import type { ToHttpError } from '@levels/shared/server/api/problem.ts'
import type { HttpError } from '@levels/shared/server/respond.ts'
import { handshakeCursor } from '../schemas.ts'
import type { Identify } from '../sessions/caller.ts'
import type { IoSocket } from '../wire.ts'

/** A Socket.IO middleware: decides before the socket exists whether it may. */
export type Gate = (socket: IoSocket, next: (error?: Error) => void) => void

/** An error with `data` reaches the client as `connect_error` with that data; it reconnects only when told to. */
class RefusedHandshake extends Error {
  readonly data: { code: string; message: string }

  constructor({ code, message }: HttpError) {
    super(message)
    this.data = { code, message }
  }
}

/** Lets in who brings a good access token of a session that is alive, and fills in `socket.data`. */
export function createGate(identify: Identify, toHttpError: ToHttpError): Gate {
  async function admit(socket: IoSocket): Promise<void> {
    const { token, after }: Record<string, unknown> = socket.handshake.auth
    const cursor = parse(handshakeCursor, after)
    const { id, ...identity } = await identify(token)
    Object.assign(socket.data, { ...identity, userId: id, cursor })
  }

  return (socket, next) => {
    admit(socket).then(
      () => next(),
      (error: unknown) => next(new RefusedHandshake(toHttpError(error, 'handshake'))),
    )
  }
}
