/** A pattern that can be taken out of a level: `level-N-…/cards/<name>/card.ts` exports one as its default. */
export interface Card {
  /** Its folder's name, and what `npm run copy` calls it. */
  name: string
  level: 1 | 2 | 3 | 4
  /** What one gets, in a sentence. */
  gives: string
  /** Ids of the promises that `example.ts` beside the card keeps, on its server. */
  promises: readonly string[]
  /** Of a card that names no promise: why there is none, and how it is tried instead. */
  noPromise?: string
  /** The files one imports, from the root of the repository. What they import is taken along. */
  entries: readonly string[]
  /** Packages that the files import, and those that only their types need. Versions are those of the level. */
  packages: { runtime: readonly string[]; types?: readonly string[] }
  /** When not to take it, a sentence each. */
  whenNot: readonly string[]
  /** How to wire it: the lines that matter, as in `example.ts`. */
  wiring: string
}
