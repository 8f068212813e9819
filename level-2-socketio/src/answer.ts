import { EVENTS_PER_SECOND, EventLimit } from '@levels/shared/server/event-limit.ts'
import { type Acknowledgement, type Problem, Refusal } from './refusal.ts'

/** What a client sent, after one look: an object, with anything in it. */
export type Payload = Readonly<Record<string, unknown>>

/** As much of a socket as is needed here. */
interface AnsweredSocket {
  connected: boolean
  data: { limit?: EventLimit }
}

export interface AnswerOptions<S extends AnsweredSocket> {
  /** What each event does: returns the answer's data, or throws a Refusal. */
  handlers: Record<string, (socket: S, payload: Payload) => unknown>
  /** Gets every error that is no Refusal: the client is told `internal`, and not why. */
  onError(error: unknown): void
}

/**
 * Makes a listener for `socket.onAny` that answers every event: with what its handler returns, or with the Refusal that it
 * throws. Whatever a client sends, nothing is thrown: an exception in a listener would end the process, and everybody's
 * connection with it. At most 20 events a second of one socket are handled, the others refused.
 *
 * Socket.IO calls a listener with the socket as `this`, so one function serves all sockets, and none costs memory.
 */
export function answerEvents<S extends AnsweredSocket>({ handlers, onError }: AnswerOptions<S>) {
  // A Map, not an object: clients choose the name that is looked up.
  const byName = new Map(Object.entries(handlers))

  return function (this: S, event: string, ...args: unknown[]): void {
    // What comes in the same breath as a goodbye is still handed over.
    if (!this.connected) return
    const answer = takeAnswer(args)
    try {
      requireCalm(this)
      const handle = byName.get(event)
      if (!handle) throw new Refusal('bad_payload', 'This level knows no such event.')
      answer({ ok: true, data: handle(this, readPayload(args)) })
    } catch (error) {
      if (!(error instanceof Refusal)) onError(error)
      answer({ ok: false, error: error instanceof Refusal ? error.data : INTERNAL })
    }
  }
}

const INTERNAL: Problem = { code: 'internal', message: 'The server failed. Its log says why.' }

/** Takes the callback off the end of `args`. A client that wants no answer sends none. */
function takeAnswer(args: unknown[]): (answer: Acknowledgement<unknown>) => void {
  if (typeof args.at(-1) !== 'function') return () => undefined
  return args.pop() as (answer: Acknowledgement<unknown>) => void
}

/** Throws Refusal `rate_limited`. Who goes on all the same is cut off below (shared/server/socketio.ts). */
function requireCalm({ data }: AnsweredSocket): void {
  data.limit ??= new EventLimit()
  if (data.limit.accepts()) return
  throw new Refusal('rate_limited', `At most ${EVENTS_PER_SECOND} events a second. This one was not handled.`)
}

/** Throws Refusal `bad_payload` unless there is exactly one argument and it is a plain object. */
export function readPayload(args: readonly unknown[]): Payload {
  const [value] = args
  // Bytes and other objects of a class have properties, too, and none that was sent.
  if (args.length === 1 && isPlainObject(value)) return value
  throw new Refusal('bad_payload', 'An event carries one object.')
}

function isPlainObject(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
