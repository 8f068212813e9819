import { parse } from '@levels/shared/server/api/parse.ts'
import type { ToHttpError } from '@levels/shared/server/api/problem.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import type * as z from 'zod'
import type { Ack, ClientToServerEvents } from '../events.ts'
import { clientEvents } from '../schemas.ts'
import type { IoSocket } from '../wire.ts'
import { createFloodGuard } from './flood-guard.ts'

type EventName = keyof ClientToServerEvents
type Answer<E extends EventName> = Parameters<Parameters<ClientToServerEvents[E]>[1]>[0]
type Data<E extends EventName> = Extract<Answer<E>, { ok: true }>['data']
type Payload<E extends EventName> = z.output<(typeof clientEvents)[E]>

/** What each event does: gets the checked payload, gives the acknowledgement's data, or throws HttpError. */
export type EventHandlers = { [E in EventName]: (payload: Payload<E>) => Promise<Data<E>> }

const schemas: { [E in EventName]: z.ZodType<Payload<E>> } = clientEvents

/**
 * Answers a socket's events. Whatever comes in, of whatever shape and with or without an acknowledgement, is either
 * handled or refused with a code; nothing of it throws.
 */
export function dispatch(socket: IoSocket, handlers: EventHandlers, toHttpError: ToHttpError): void {
  const withinLimit = createFloodGuard()

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
    if (!withinLimit()) throw new HttpError(429, 'rate_limited', 'Too many events: at most 20 a second.')
    if (!isEventName(event)) throw new HttpError(404, 'unknown_event', 'There is no such event.')
    return run(event, payload)
  }

  function run<E extends EventName>(event: E, payload: unknown): Promise<Data<E>> {
    return handlers[event](parse(schemas[event], payload))
  }
}

function isEventName(event: string): event is EventName {
  return Object.hasOwn(clientEvents, event)
}
