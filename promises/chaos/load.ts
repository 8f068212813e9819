import { setTimeout as sleep } from 'node:timers/promises'
import type { Arena } from '../arena.ts'
import type { Person } from '../dialects/dialect.ts'
import { sendOne } from '../experiments/sending.ts'

export interface Load {
  senders: readonly Person[]
  /** Names; each sender goes round. */
  receivers: readonly string[]
  /** Someone who gets one in so many. */
  away?: { name: string; oneIn: number }
  /** Of all senders together. */
  perSecond: number
  isOver(): boolean
}

/**
 * Each sender has its times, and sends one after the other. Whoever was held up by a fault makes up for it as fast as
 * answers come. Resolves when the last one is answered, or given up.
 */
export async function sendAll(arena: Arena, load: Load): Promise<void> {
  const { senders, perSecond, isOver } = load
  const everyMs = (senders.length * 1_000) / perSecond
  const began = performance.now()
  await Promise.all(
    senders.map(async (from, index) => {
      const first = began + (everyMs * index) / senders.length
      for (let n = 0; !isOver(); n++) {
        const early = first + n * everyMs - performance.now()
        if (early > 1) await sleep(early)
        if (isOver()) return
        await sendOne(arena, from, recipientOf(load, index + n), arena.text(from, n + 1))
      }
    }),
  )
}

function recipientOf({ receivers, away }: Load, turn: number): string {
  if (away && turn % away.oneIn === 0) return away.name
  return receivers[turn % receivers.length] ?? ''
}
