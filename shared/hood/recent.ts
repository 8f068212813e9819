/** What is being emitted at this moment, for whoever publishes it. */
export const emitting: { ids: readonly string[] } = { ids: [] }

/** The last notifications that passed here: "seen up to 7" names no ids. */
const recent = new Map<string, { userId: string; seq: number }>()
const MAX_RECENT = 200

export function remember(id: string, userId: string, seq: number): void {
  recent.set(id, { userId, seq })
  for (const oldest of recent.keys()) {
    if (recent.size <= MAX_RECENT) return
    recent.delete(oldest)
  }
}

/** Those of this user's that are seen by this, and were not before. */
export function seenBy(userId: string, upTo: number): string[] {
  const seen = [...recent].filter(([, one]) => one.userId === userId && one.seq <= upTo)
  for (const [id] of seen) recent.delete(id)
  return seen.map(([id]) => id)
}

/** The id of what an answer tells of, if it tells of one thing. */
export function idsIn(json: string): string[] {
  const [, id] = /^\{(?:"ok":true,"data":\{)?"id":"([^"]+)"/.exec(json) ?? []
  return id === undefined ? [] : [id]
}
