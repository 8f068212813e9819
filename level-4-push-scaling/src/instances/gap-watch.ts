import { randomUUID } from 'node:crypto'
import type { RedisConnections } from './redis.ts'

/** What tells an instance that it may have missed something. */
export type GapWatch = ReturnType<typeof createGapWatch>

const CHANNEL = 'levels:beat'
/** An instance that is silent for so many beats counts as gone: no beat of it is expected any more. */
const FORGOTTEN_AFTER_BEATS = 30

interface Beat {
  from: string
  /** Grows by one with every beat and with every lost message. So a step of exactly one says: nothing was lost. */
  count: number
  leaving?: true | undefined
}

/**
 * Redis keeps nothing that it publishes. Who does not listen at that moment never gets it, and no error says so ("at most
 * once"). So every instance sends a numbered beat every `beatMs`, on the same connections as its messages. Redis keeps
 * their order. A skipped number, or a subscription made anew, says that messages may be lost: a gap. A beat that is late
 * (our own, too, since it goes through Redis) says that messages may be lost at this moment: a gap every two beats, until
 * beats come again.
 */
export function createGapWatch({ publisher, subscriber }: RedisConnections, beatMs = 1_000) {
  const id = randomUUID()
  const heard = new Map<string, { count: number; at: number }>()
  const timers: NodeJS.Timeout[] = []
  let onGap: (isOver: boolean) => void = () => undefined
  let count = 0

  async function send(leaving?: true): Promise<void> {
    const beat: Beat = { from: id, count: ++count, leaving }
    try {
      await publisher.publish(CHANNEL, JSON.stringify(beat))
    } catch {
      // Redis is away. The next beat that gets through shows the gap in the numbers.
    }
  }

  function receive(message: string): void {
    const beat = JSON.parse(message) as Beat
    const before = heard.get(beat.from)
    if (beat.leaving) heard.delete(beat.from)
    else heard.set(beat.from, { count: beat.count, at: performance.now() })
    // Of one that is new here, all that came before this beat was unheard.
    if (beat.from !== id && beat.count !== (before?.count ?? 0) + 1) onGap(true)
  }

  const isOverdue = (from: string) => performance.now() - (heard.get(from)?.at ?? 0) > 2.5 * beatMs

  function look(): void {
    for (const [from, { at }] of heard) {
      if (from === id || performance.now() - at <= FORGOTTEN_AFTER_BEATS * beatMs) continue
      heard.delete(from)
      onGap(true) // it died without a goodbye: its last messages may not have come
    }
    if ([...heard.keys()].some(isOverdue)) onGap(false)
  }

  const newlySubscribed = () => onGap(true)

  return {
    /** Call it for every message that Redis did not take. */
    lost: () => void count++,
    /** Whether this instance hears itself through Redis. (Another that has died is no fault of this one.) */
    isConnected: () => !isOverdue(id),
    /**
     * Begins; resolves when every subscription made so far holds. `handler` is called when messages of other instances may
     * have been lost: what matters must be read from the database. `isOver` says that no more are being lost.
     */
    async start(handler: (isOver: boolean) => void): Promise<void> {
      onGap = handler
      heard.set(id, { count, at: performance.now() })
      await subscriber.subscribe(CHANNEL, receive)
      subscriber.on('ready', newlySubscribed)
      void send()
      timers.push(setInterval(send, beatMs), setInterval(look, 2 * beatMs))
    },
    /** Says goodbye to the others, who would miss the beat. */
    async close(): Promise<void> {
      for (const timer of timers) clearInterval(timer)
      subscriber.off('ready', newlySubscribed)
      // Not longer than a moment: a Redis that hangs must not hold us.
      await Promise.race([send(true), new Promise((resolve) => setTimeout(resolve, 500))])
    },
  }
}
