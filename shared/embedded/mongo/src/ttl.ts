import { END } from './collection-index.ts'
import type { Store } from './store.ts'
import { keyOf, TYPE } from './values.ts'

const STEP = 500

/**
 * Removes the documents whose time is up by a TTL index, step by step; of several dates in an array the earliest
 * counts.
 */
export function* sweepExpired(store: Store, now = Date.now()): Generator<void, void> {
  for (const collection of store.list()) {
    for (const index of collection.indexes.values()) {
      const seconds = index.spec.expireAfterSeconds
      if (seconds === undefined) continue
      const due = keyOf(new Date(now - seconds * 1000)) + END
      for (;;) {
        const some = index.first(TYPE.date, due, STEP)
        for (const stored of new Set(some)) collection.remove(stored)
        if (some.length < STEP) break
        yield
        if (store.find(collection.ns) !== collection) break // dropped meanwhile
      }
    }
  }
}
