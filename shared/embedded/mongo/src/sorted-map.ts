const CHUNK = 512

interface Chunk<T> {
  keys: string[]
  values: T[]
}

/** A map in key order. Chunks of bounded size keep an insert cheap when there are 100,000 entries. */
export class SortedMap<T> {
  #chunks: Chunk<T>[] = [{ keys: [], values: [] }]

  set(key: string, value: T): void {
    const at = this.#chunkOf(key)
    const chunk = this.#chunks[at]
    if (!chunk) return
    const i = lowerBound(chunk.keys, key)
    if (chunk.keys[i] === key) {
      chunk.values[i] = value
      return
    }
    chunk.keys.splice(i, 0, key)
    chunk.values.splice(i, 0, value)
    if (chunk.keys.length <= CHUNK) return
    // A full last chunk is left full: keys mostly arrive in order, and halves would stay half empty.
    const cut = i === chunk.keys.length - 1 ? CHUNK : CHUNK / 2
    this.#chunks.splice(at + 1, 0, { keys: chunk.keys.splice(cut), values: chunk.values.splice(cut) })
  }

  delete(key: string): void {
    const at = this.#chunkOf(key)
    const chunk = this.#chunks[at]
    const i = chunk ? lowerBound(chunk.keys, key) : 0
    if (chunk?.keys[i] !== key) return
    chunk.keys.splice(i, 1)
    chunk.values.splice(i, 1)
    if (chunk.keys.length === 0 && this.#chunks.length > 1) this.#chunks.splice(at, 1)
  }

  /** Values whose keys are in [from, to), backwards if wanted. The map must not change meanwhile. */
  *range(from: string, to: string, backwards = false): Generator<T> {
    const step = backwards ? -1 : 1
    let at = this.#chunkOf(backwards ? to : from)
    let chunk = this.#chunks[at]
    let i = chunk ? lowerBound(chunk.keys, backwards ? to : from) - (backwards ? 1 : 0) : 0
    while (chunk) {
      const key = chunk.keys[i]
      if (key === undefined) {
        at += step
        chunk = this.#chunks[at]
        i = backwards && chunk ? chunk.keys.length - 1 : 0
        continue
      }
      if (backwards ? key < from : key >= to) return
      yield chunk.values[i] as T
      i += step
    }
  }

  // The last chunk that begins at or before the key.
  #chunkOf(key: string): number {
    let [low, high] = [0, this.#chunks.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#chunks[middle]?.keys[0] ?? '') <= key) low = middle
      else high = middle - 1
    }
    return low
  }
}

function lowerBound(keys: string[], key: string): number {
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}
