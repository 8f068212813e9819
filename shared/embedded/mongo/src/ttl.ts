import { END } from './collection-index.ts'
import type { Store } from './store.ts'
import { keyOf, TYPE } from './values.ts'

/** Removes the documents whose time is up by a TTL index; of several dates in an array the earliest counts. */
export function sweepExpired(store: Store, now = Date.now()): void {
  for (const collection of store.list()) {
    for (const index of collection.indexes.values()) {
      const seconds = index.spec.expireAfterSeconds
      if (seconds === undefined) continue
      const due = keyOf(new Date(now - seconds * 1000)) + END
      for (const stored of new Set(index.range(TYPE.date, due, false))) collection.remove(stored)
    }
  }
}
