import type { Log } from '@levels/shared/server/log.ts'
import { type Answer, LIMITS, type Problem } from './events.ts'
import type { Level2Socket } from './io.ts'
import { type Payload, readPayload } from './payload.ts'
import { RateLimit } from './rate-limit.ts'
import { Refusal } from './refusal.ts'
import type { User } from './users.ts'

/**
 * Makes a listener that answers an event with what `handle` returns, or with the Refusal it throws. Whatever a client
 * sends, nothing is thrown: an exception in a listener would end the process, and everybody's connection with it.
 *
 * Socket.IO calls a listener with the socket as `this`, so one function serves all sockets, and none costs memory.
 */
export function answering<Data>(handle: (user: User, payload: Payload) => Data, log: Log) {
  return function (this: Level2Socket, ...args: unknown[]): void {
    const answer = takeAnswer<Data>(args)
    try {
      limitRate(this)
      answer({ ok: true, data: handle(this.data.user, readPayload(args)) })
    } catch (error) {
      answer({ ok: false, error: problemOf(error, log) })
    }
  }
}

/** Takes the callback off the end of `args`. A client that wants no answer sends none. */
function takeAnswer<Data>(args: unknown[]): Answer<Data> {
  if (typeof args.at(-1) !== 'function') return () => undefined
  return args.pop() as Answer<Data>
}

/** Throws Refusal `rate_limited`, and cuts off a socket that goes on and on. */
function limitRate(socket: Level2Socket): void {
  socket.data.rateLimit ??= new RateLimit()
  if (socket.data.rateLimit.accepts()) return
  // Even a refusal is work, and an answer that nobody reads piles up here.
  if (socket.data.rateLimit.isFlood) socket.disconnect(true)
  throw new Refusal(
    'rate_limited',
    `At most ${LIMITS.eventsPerSecond} events a second. This one was not handled.`,
  )
}

function problemOf(error: unknown, log: Log): Problem {
  if (error instanceof Refusal) return error.data
  log.error(`An event failed: ${error}`)
  return { code: 'internal', message: 'The server failed. Its log says why.' }
}
