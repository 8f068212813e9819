/** A source of random numbers that gives the same ones again for the same seed. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number
  /** An integer from `min` to `max`, both included. */
  between(min: number, max: number): number
  pick<T>(items: readonly [T, ...T[]]): T
  /** A source of its own for one part of a run: what other parts draw changes nothing for it. */
  fork(name: string): Random
}

/** mulberry32, by Tommy Ettinger: 32 bits of state, good enough to spread faults and texts. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const random: Random = {
    next() {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    },
    between: (min, max) => min + Math.floor(random.next() * (max - min + 1)),
    pick: (items) => items[random.between(0, items.length - 1)] ?? items[0],
    fork(name) {
      let hash = seed >>> 0
      for (const char of name) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0
      return createRandom(hash)
    },
  }
  return random
}
