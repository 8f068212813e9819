import type * as z from 'zod'

/** What a server sends, by event. */
type ServerEvents = Record<string, z.ZodType>
/** What a client may send, by event: what each carries, and what it is answered. */
export type ClientEvents = Record<string, { payload: z.ZodType; answer: z.ZodType }>

/** One of the events that a server sends, with its payload. */
export type EventOf<S extends ServerEvents> = {
  [E in keyof S]: [event: E, payload: z.output<S[E]>]
}[keyof S]

/** What each event does: gets the checked payload, gives the acknowledgement's data, or throws HttpError. */
export type EventHandlers<C extends ClientEvents> = {
  [E in keyof C]: (payload: z.output<C[E]['payload']>) => Promise<z.output<C[E]['answer']>>
}

/** The answer to every event: what was asked for, or a code for programs and a sentence for people. */
export type Ack<T> = { ok: true; data: T } | { ok: false; error: { code: string; message: string } }

/** Both as Socket.IO takes them. */
export type Sent<S extends ServerEvents> = { [E in keyof S]: (payload: z.output<S[E]>) => void }
export type Asked<C extends ClientEvents> = {
  [E in keyof C]: (
    payload: z.input<C[E]['payload']>,
    ack: (answer: Ack<z.output<C[E]['answer']>>) => void,
  ) => void
}
