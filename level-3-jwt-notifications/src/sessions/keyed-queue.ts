/** Runs `work` after everything that was queued under the same key before, and gives back what it gives. */
export type KeyedQueue = <T>(key: string, work: () => Promise<T>) => Promise<T>

/** Work on different keys runs at the same time; work on one key in order. A key with nothing to do is forgotten. */
export function createKeyedQueue(): KeyedQueue {
  const tails = new Map<string, Promise<unknown>>()
  return (key, work) => {
    const before = tails.get(key) ?? Promise.resolve()
    const result = before.then(work, work) // the failure of one is not the failure of the next
    tails.set(key, result)
    const forget = () => {
      if (tails.get(key) === result) tails.delete(key)
    }
    result.then(forget, forget)
    return result
  }
}
