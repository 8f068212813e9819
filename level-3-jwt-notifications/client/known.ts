/** What this needs to know of a notification. */
export interface Entry {
  id: string
  seq: number
  readAt?: string | undefined
}

/** A part of the log without omissions: every notification numbered `from` to `to` that still exists. */
export interface Stretch<N extends Entry> {
  from: number
  to: number
  items: readonly N[]
}

/** The notifications that are here, each one once: a map by id, and how far back it is complete. */
export function createKnown<N extends Entry>() {
  const byId = new Map<string, N>()
  /** Deleted during this connection: an answer that was under way may still contain them. */
  const gone = new Set<string>()
  let floor = Number.POSITIVE_INFINITY

  /** Returns whether it was not here before. */
  function add(notification: N): boolean {
    if (gone.has(notification.id)) return false
    const isNew = !byId.has(notification.id)
    byId.set(notification.id, notification)
    return isNew
  }

  return {
    /** Everything from this number on is here; what is older was not loaded yet. 1: nothing is older. */
    get floor() {
      return floor
    },
    /** Newest first. */
    list: () => [...byId.values()].sort((a, b) => b.seq - a.seq),
    add,

    /** Takes a part of the log, and drops what is no longer in it. Returns what was not here before. */
    take({ from, to, items }: Stretch<N>): N[] {
      const ids = new Set(items.map(({ id }) => id))
      for (const { id, seq } of byId.values()) {
        if (seq >= from && seq <= to && !ids.has(id)) byId.delete(id) // deleted while this tab was not connected
      }
      floor = Math.min(floor, from)
      return items.filter(add)
    },

    mark(id: string, readAt: string | null): void {
      const before = byId.get(id)
      if (before) byId.set(id, { ...before, readAt: readAt ?? undefined })
    },

    remove(id: string): void {
      gone.add(id)
      byId.delete(id)
    },

    /** What filters found there may have changed while this tab was not connected, and no event comes for it. */
    dropBelowFloor(): void {
      for (const { id, seq } of byId.values()) if (seq < floor) byId.delete(id)
    },

    /** Answers of the last connection do not come any more. */
    forgetGone(): void {
      gone.clear()
    },
  }
}
