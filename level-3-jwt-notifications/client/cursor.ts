/**
 * How far a tab has got in its user's log.
 *
 * Every notification of a user has a number, 1, 2, 3 … without gaps. So one number is enough: a page that has shown
 * everything up to n has missed nothing up to n. When it reconnects, it tells the server this number and gets what came
 * later. The number must never be higher than what was shown: a notification would be lost. It may be lower: then
 * something comes twice, and the page knows it by its id.
 */
export interface Cursor {
  /** Everything up to here was shown. Undefined until the first answer of the server says where this tab begins. */
  readonly value: number | undefined
  /** The numbers `from` to `to` were shown, or have nothing to show because they were deleted. Any order will do. */
  cover(from: number, to: number): void
  /** What is missing, when something later is already here: the numbers between these two, both exclusive. */
  gap(): { after: number; before: number } | undefined
}

export function createCursor(): Cursor {
  let value: number | undefined
  /** Shown, but something before them is missing. */
  const ahead = new Set<number>()

  return {
    get value() {
      return value
    },
    cover(from, to) {
      // Only an answer that begins at the beginning can tell a new tab where it stands.
      if (from <= 1 || (value !== undefined && from <= value + 1)) value = Math.max(value ?? 0, to)
      else for (let seq = from; seq <= to; seq++) ahead.add(seq)
      if (value === undefined) return
      while (ahead.has(value + 1)) value++
      for (const seq of ahead) if (seq <= value) ahead.delete(seq)
    },
    gap() {
      if (value === undefined || ahead.size === 0) return undefined
      return { after: value, before: Math.min(...ahead) }
    },
  }
}
