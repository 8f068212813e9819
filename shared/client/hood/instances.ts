import { type Happening, type Lane, PULSE } from '../../hood/happening.ts'

/** An instance that lives says so every second. Silent for so long, it is dead; in milliseconds. */
const SILENT_MS = 3_500
/** How many deaths and returns are kept. */
const MAX_KEPT = 20
export const [GONE, BACK] = ['gone', 'back, as a new process']

/**
 * Which instances live. None can say that it has died, and the page hears of all of them over the one that it is on: so
 * one is gone when it is silent while another one is heard, or when another process has its name.
 */
export function watchInstances() {
  const heard = new Map<Lane, { at: number; life: string }>()
  const gone = new Set<Lane>()
  const told: Happening[] = []

  function tell(lane: Lane, at: number, label: string): void {
    const key = `${lane} ${label} ${at}`
    told.push({ key, at, from: lane, to: lane, label, ids: [], lost: label === GONE })
    if (told.length > MAX_KEPT) told.shift()
  }

  return {
    /** Returns whether it was a sign of life, and nothing else. */
    hear({ from, to, label, at, key }: Happening): boolean {
      // A key begins with what no other process has (hood/story.ts).
      const life = key.slice(0, key.lastIndexOf('.'))
      if (label !== PULSE) {
        // Whatever an instance does, it did not die before.
        const teller = heard.get(from.startsWith('instance:') ? from : to)
        if (teller?.life === life) teller.at = Math.max(teller.at, at)
        return false
      }
      const before = heard.get(from)
      heard.set(from, { at, life })
      const isAnother = before !== undefined && before.life !== life
      if (isAnother && !gone.has(from)) tell(from, before.at, GONE)
      if (gone.delete(from) || isAnother) tell(from, at, BACK)
      return true
    },
    /** Every death and return so far. */
    changes(now: number): readonly Happening[] {
      const last = Math.max(...[...heard.values()].map(({ at }) => at))
      for (const [lane, { at }] of heard) {
        // With nobody heard, it is this page that hears nothing.
        if (gone.has(lane) || now - at < SILENT_MS || now - last > SILENT_MS / 2) continue
        gone.add(lane)
        tell(lane, at, GONE)
      }
      return told
    },
  }
}
