import { parse } from '@levels/shared/server/api/parse.ts'
import { EventLimit } from '@levels/shared/server/event-limit.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import type * as z from 'zod'
import { type Ack, clientEvents } from '../events.ts'
import type { IoSocket } from './types.ts'

type EventName = keyof typeof clientEvents
type Payload<E extends EventName> = z.output<(typeof clientEvents)[E]['payload']>
type Answer<E extends EventName> = z.output<(typeof clientEvents)[E]['answer']>

/** What each event does: gets the checked payload, gives the acknowledgement's data, or throws HttpError. */
export type EventHandlers = { [E in EventName]: (payload: Payload<E>) => Promise<Answer<E>> }

const schemas: { [E in EventName]: { payload: z.ZodType<Payload<E>> } } = clientEvents

/**
 * Answers a socket's events. Whatever comes in, of whatever shape and with or without an acknowledgement, is either
 * handled or refused with a code; nothing of it throws.
 */
export function dispatch(
  socket: IoSocket,
  handlers: EventHandlers,
  toHttpError: (error: unknown, doing: string) => HttpError,
): void {
  const limit = new EventLimit()

  socket.onAny((event: string, ...args: unknown[]) => {
    const last = args.at(-1)
    const acknowledge = (answer: Ack<unknown>) => {
      if (typeof last === 'function') last(answer)
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
    if (!limit.accepts()) throw new HttpError(429, 'rate_limited', 'Too many events: at most 20 a second.')
    if (!isEventName(event)) throw new HttpError(404, 'unknown_event', 'There is no such event.')
    return run(event, payload)
  }

  function run<E extends EventName>(event: E, payload: unknown): Promise<Answer<E>> {
    return handlers[event](parse(schemas[event].payload, payload))
  }
}

function isEventName(event: string): event is EventName {
  return Object.hasOwn(clientEvents, event)
}
