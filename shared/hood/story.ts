import { AsyncLocalStorage } from 'node:async_hooks'
import diagnostics from 'node:diagnostics_channel'
import path from 'node:path'

/** Who takes part. Instances go by their names. */
export type Lane = 'page' | 'mongo' | 'redis' | 'push' | 'device' | `instance:${string}`

/** Something that happened on the way of a notification, as one arrow from lane to lane. */
export interface Happening {
  /** No two have the same. */
  key: string
  /** Milliseconds since 1970. */
  at: number
  from: Lane
  to: Lane
  /** In a word or two: "inserted as number 7". */
  label: string
  /** The notifications or messages it is about, as far as known. */
  ids: readonly string[]
  /** The request or event it belongs to: ties what came before a notification had an id to the notification. */
  call?: string
  /** The code that did it, nearest first: `level-3-jwt-notifications/src/log/log.ts:87 insertInOrder`. */
  where?: readonly string[]
  /** What was sent, as text. */
  sent?: string
  /** The sockets that it came from or went to. */
  sockets?: readonly string[]
  /** It did not arrive. */
  lost?: boolean
}

export type Told = Omit<Happening, 'key' | 'at'> & { at?: number }

/** Everything that servers of this process say, and what they hear that other instances say. */
export const story = diagnostics.channel('realtime-levels:story')

const repository = path.join(import.meta.dirname, '..', '..')
const thisProcess = `${process.pid}.${Date.now().toString(36)}`
/** The most that is kept of what was sent, in characters. */
const MAX_SENT = 4_000
/** How many lines of code are named. */
const MAX_FRAMES = 3
let count = 0

/** Whether somebody listens. Ask first: to find out where one is costs more than to say nothing. */
export const isHeard = () => story.hasSubscribers

/** Says what happened, if somebody listens. */
export function tell(told: Told): void {
  if (!story.hasSubscribers) return
  const { sent } = told
  const happening: Happening = { at: Date.now(), ...told, key: `${thisProcess}.${++count}` }
  if (sent !== undefined && sent.length > MAX_SENT) happening.sent = `${sent.slice(0, MAX_SENT)}…`
  story.publish(happening)
}

const calls = new AsyncLocalStorage<string>()

/** Runs `work`; whatever is told meanwhile, or because of it, belongs to this call. */
export const during = <T>(call: string, work: () => T): T => calls.run(call, work)
export const callNow = () => calls.getStore()

/** The lines of this repository's code that led here, nearest first. */
export function whereNow(): string[] {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 40
  const { stack = '' } = new Error()
  Error.stackTraceLimit = stackTraceLimit
  return stack
    .split('\n')
    .flatMap((line) => {
      const [, name = '', file, number] =
        /^\s+at (?:async )?(?:([^(]*) )?\(?(?:file:\/\/)?((?:\/|[A-Z]:)[^()]*?):(\d+):\d+\)?$/.exec(line) ??
        []
      if (file === undefined || !file.startsWith(repository) || /node_modules|shared.hood/.test(file))
        return []
      return [`${path.relative(repository, file).replaceAll('\\', '/')}:${number} ${name}`.trim()]
    })
    .slice(0, MAX_FRAMES)
}
