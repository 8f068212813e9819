import { randomUUID } from 'node:crypto'
import type { RedisConnections } from './redis.ts'

/** What tells an instance that it may have missed something. */
export interface GapWatch {
  /** Call it for every message that Redis did not take. */
  lost(): void
  /** Whether this instance hears itself and the others through Redis. */
  check(): 'up' | 'down'
  /** Says goodbye to the others. */
  close(): void
}

export interface GapOptions extends RedisConnections {
  /** Called when messages of other instances may have been lost: everything that matters must be read from the log. */
  onGap(): void
  /** Pause between two beats, in milliseconds. */
  beatMs?: number
}

const CHANNEL = 'levels:beat'

interface Beat {
  from: string
  /** One more with every beat and with every lost message, so a step of exactly one says: nothing was lost between. */
  count: number
  leaving?: true
}

/**
 * Redis forgets at once whatever it publishes: who was not listening never gets it, and nobody is told ("at most once").
 * So every instance sends a numbered beat on the same connections as its messages. Redis keeps their order, therefore:
 * a number skipped, or a subscription made anew, means that messages may be lost, and `onGap` is called once;
 * a beat overdue (our own, too: it makes the round trip) means that messages are perhaps being lost right now, and
 * `onGap` is called every two beats until it is back. An instance silent for a minute is taken for gone.
 */
export async function watchGaps({
  publisher,
  subscriber,
  onGap,
  beatMs = 1_000,
}: GapOptions): Promise<GapWatch> {
  const id = randomUUID()
  const heard = new Map<string, { count: number; at: number }>()
  let count = 0

  const send = (leaving?: true) => {
    count++
    const beat: Beat = { from: id, count, leaving }
    publisher.publish(CHANNEL, JSON.stringify(beat)).catch(() => {
      // The next beat that gets through shows the gap in the numbers.
    })
  }

  const receive = (message: string) => {
    const beat = JSON.parse(message) as Beat
    const before = heard.get(beat.from)
    if (beat.leaving) heard.delete(beat.from)
    else heard.set(beat.from, { count: beat.count, at: performance.now() })
    if (beat.from !== id && before && beat.count !== before.count + 1) onGap()
  }

  const overdue = () => {
    const now = performance.now()
    for (const [from, { at }] of heard) if (from !== id && now - at > 60 * beatMs) heard.delete(from)
    return [...heard.values()].some(({ at }) => now - at > 2.5 * beatMs)
  }

  heard.set(id, { count, at: performance.now() })
  await subscriber.subscribe(CHANNEL, receive)
  subscriber.on('ready', onGap)
  send()
  const beating = setInterval(send, beatMs)
  const looking = setInterval(() => overdue() && onGap(), 2 * beatMs)

  return {
    lost: () => {
      count++
    },
    check: () => (overdue() ? 'down' : 'up'),
    close() {
      clearInterval(beating)
      clearInterval(looking)
      subscriber.off('ready', onGap)
      send(true)
    },
  }
}
