import type { Random } from '../random.ts'

/** One fault that will be: all in milliseconds. */
export interface Planned<Kind extends string> {
  kind: Kind
  /** The pause before it, after the one before it is mended. */
  afterMs: number
  /** How long it stays broken, beside what breaking and mending take themselves. */
  forMs: number
  /** Which one of those that can break so: an index, to be taken modulo their number. */
  which: number
}

export interface Rhythm {
  /** At least and at most, in milliseconds. */
  after: readonly [number, number]
  lasts: readonly [number, number]
}

/** A random number of so many, to be taken modulo. */
const MANY = 1_000

/**
 * The faults of one track, one after the other, for ever. Each kind comes before any comes again: so a short run, too,
 * has all of them. The same random source gives the same faults.
 */
export function* planFaults<Kind extends string>(
  random: Random,
  kinds: readonly Kind[],
  { after, lasts }: Rhythm,
): Generator<Planned<Kind>, never> {
  if (kinds.length === 0) throw new Error('there is nothing to break')
  while (true) {
    const deck = [...kinds]
    while (deck.length > 0) {
      const [kind] = deck.splice(random.between(0, deck.length - 1), 1) as [Kind]
      yield {
        kind,
        afterMs: random.between(...after),
        forMs: random.between(...lasts),
        which: random.between(0, MANY),
      }
    }
  }
}
