import { AsyncLocalStorage } from 'node:async_hooks'
import diagnostics from 'node:diagnostics_channel'
import path from 'node:path'
import type { Happening } from './happening.ts'

export type { Happening, Lane } from './happening.ts'

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

/** How far the two clocks may be apart before the exact one is set anew, in milliseconds: a laptop has slept. */
const MAX_DRIFT_MS = 50
let origin = performance.timeOrigin

/** Milliseconds since 1970, with their fractions: what happens within one of them has its order, too. */
export function now(): number {
  const drift = Date.now() - (origin + performance.now())
  if (Math.abs(drift) > MAX_DRIFT_MS) origin += drift
  return origin + performance.now()
}

/** Says what happened, if somebody listens. */
export function tell(told: Told): void {
  if (!story.hasSubscribers) return
  const { sent } = told
  const happening: Happening = { at: now(), ...told, key: `${thisProcess}.${++count}` }
  if (sent !== undefined && sent.length > MAX_SENT) happening.sent = `${sent.slice(0, MAX_SENT)}…`
  story.publish(happening)
}

const LOOK_EVERY_MS = 4_000

/** Called when somebody begins to look, and every few seconds as long as somebody does. */
export const lookers = new Set<() => void>()

/** Tells all that somebody looks now. Returns how to stop. */
export function lookEverywhere(): () => void {
  const ask = () => {
    for (const one of lookers) one()
  }
  ask()
  const timer = setInterval(ask, LOOK_EVERY_MS).unref()
  return () => clearInterval(timer)
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
