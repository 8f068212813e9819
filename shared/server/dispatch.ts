import type { Socket } from 'socket.io'
import { parse } from './api/parse.ts'
import { EVENTS_PER_SECOND, EventLimit } from './event-limit.ts'
import type { Ack, ClientEvents, EventHandlers } from './event-types.ts'
import { HttpError } from './http-error.ts'
import { drained } from './socketio.ts'

/** How many events of one socket may wait for their turn. */
const MAX_WAITING = 20

/**
 * Answers a socket's events. Whatever comes in, of whatever shape and with or without an acknowledgement, is either
 * handled or refused with a code; nothing of it throws.
 *
 * One at a time: the next event's turn comes when what was sent before has left. A peer that asks for much and reads
 * nothing gets no further answer, and costs no further work.
 */
export function dispatch<E extends ClientEvents>(
  socket: Pick<Socket, 'onAny' | 'conn'>,
  events: E,
  handlers: EventHandlers<E>,
  toHttpError: (error: unknown, doing: string) => HttpError,
): void {
  const limit = new EventLimit()
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  socket.onAny((event: string, ...args: unknown[]) => {
    const callback = args.at(-1)
    const acknowledge = (answer: Ack<unknown>) => {
      if (typeof callback === 'function') callback(answer)
    }
    handle(event, args[0]).then(
      (data) => acknowledge({ ok: true, data }),
      (error: unknown) => {
        const { code, message } = toHttpError(error, `event ${event}`)
        acknowledge({ ok: false, error: { code, message } })
      },
    )
  })

  async function handle(event: string, payload: unknown): Promise<unknown> {
    if (!limit.accepts() || waiting >= MAX_WAITING) {
      throw new HttpError(429, 'rate_limited', `Too many events: at most ${EVENTS_PER_SECOND} a second.`)
    }
    const schemas = Object.hasOwn(events, event) ? events[event] : undefined
    if (!schemas) throw new HttpError(404, 'unknown_event', 'There is no such event.')
    return inTurn(async () => handlers[event as keyof E](parse(schemas.payload, payload) as never))
  }

  /** Of a peer that has gone, too: what it said last is done. */
  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = last
    let end: () => void = () => undefined
    last = new Promise<void>((resolve) => {
      end = resolve
    })
    waiting++
    try {
      await before
      await drained(socket.conn)
      return await work()
    } finally {
      waiting--
      end()
    }
  }
}
