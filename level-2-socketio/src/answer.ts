import type { Log } from '@levels/shared/server/log.ts'
import type { Answer, Problem } from './events.ts'
import { type Payload, readPayload } from './payload.ts'
import { Refusal } from './refusal.ts'

/**
 * Makes a listener that answers an event with what `handle` returns, or with the Refusal it throws. Whatever a client
 * sends, nothing is thrown: an exception in a listener would end the process, and everybody's connection with it.
 */
export function answering<Data>(handle: (payload: Payload) => Data, log: Log) {
  return (...args: unknown[]): void => {
    const answer = takeAnswer<Data>(args)
    try {
      answer({ ok: true, data: handle(readPayload(args)) })
    } catch (error) {
      answer({ ok: false, error: problemOf(error, log) })
    }
  }
}

/** Takes the callback off the end of `args`. A client that wants no answer sends none. */
export function takeAnswer<Data = undefined>(args: unknown[]): Answer<Data> {
  if (typeof args.at(-1) !== 'function') return () => undefined
  return args.pop() as Answer<Data>
}

function problemOf(error: unknown, log: Log): Problem {
  if (error instanceof Refusal) return error.data
  log.error(`An event failed: ${error}`)
  return { code: 'internal', message: 'The server failed. Its log says why.' }
}
