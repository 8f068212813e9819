import { takeAnswer } from './answer.ts'
import { type ErrorCode, LIMITS } from './events.ts'
import type { Level2Socket } from './io.ts'

/** Looks at each event before any listener does, and answers those that no listener should see. */
export function guardEvents(socket: Level2Socket): void {
  const { rateLimit } = socket.data
  socket.use(([event, ...args], next) => {
    const refuse = (code: ErrorCode, message: string) =>
      takeAnswer(args)({ ok: false, error: { code, message } })
    if (!rateLimit.accepts()) {
      // Even a refusal is work, and an answer that nobody reads piles up here.
      if (rateLimit.isFlood) return socket.disconnect(true)
      return refuse(
        'rate_limited',
        `At most ${LIMITS.eventsPerSecond} events a second. This one was not handled.`,
      )
    }
    if (socket.listenerCount(event) === 0) return refuse('bad_payload', 'This level knows no such event.')
    next()
  })
}
