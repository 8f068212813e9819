import { parse } from '@levels/shared/server/api/parse.ts'
import { EventLimit } from '@levels/shared/server/event-limit.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import { drained } from '@levels/shared/server/socketio.ts'
import type * as z from 'zod'
import { type Ack, clientEvents } from '../events.ts'
import type { IoSocket } from './types.ts'

type EventName = keyof typeof clientEvents
type Payload<E extends EventName> = z.output<(typeof clientEvents)[E]['payload']>
type Answer<E extends EventName> = z.output<(typeof clientEvents)[E]['answer']>

/** What each event does: gets the checked payload, gives the acknowledgement's data, or throws HttpError. */
export type EventHandlers = { [E in EventName]: (payload: Payload<E>) => Promise<Answer<E>> }

const schemas: { [E in EventName]: { payload: z.ZodType<Payload<E>> } } = clientEvents

/** How many events of one socket may wait for their turn. */
const MAX_WAITING = 20

/**
 * Answers a socket's events. Whatever comes in, of whatever shape and with or without an acknowledgement, is either
 * handled or refused with a code; nothing of it throws.
 *
 * One at a time: the next event's turn comes when what was sent before has left. A peer that asks for much and reads
 * nothing gets no further answer, and costs no further work.
 */
export function dispatch(
  socket: IoSocket,
  handlers: EventHandlers,
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
    if (!limit.accepts() || waiting >= MAX_WAITING)
      throw new HttpError(429, 'rate_limited', 'Too many events: at most 20 a second.')
    if (!isEventName(event)) throw new HttpError(404, 'unknown_event', 'There is no such event.')
    return inTurn(() => run(event, payload))
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

  function run<E extends EventName>(event: E, payload: unknown): Promise<Answer<E>> {
    return handlers[event](parse(schemas[event].payload, payload))
  }
}

function isEventName(event: string): event is EventName {
  return Object.hasOwn(clientEvents, event)
}
