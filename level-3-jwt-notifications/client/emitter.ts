/** Something that happens, for everyone who listens. */
export interface Emitter<T> {
  on(listener: (value: T) => void): void
  /** Only the next time. */
  once(listener: (value: T) => void): void
  emit(value: T): void
}

export function createEmitter<T>(): Emitter<T> {
  const listeners = new Set<(value: T) => void>()
  return {
    on: (listener) => void listeners.add(listener),
    once(listener) {
      const first = (value: T) => {
        listeners.delete(first)
        listener(value)
      }
      listeners.add(first)
    },
    emit(value) {
      for (const listener of listeners) listener(value)
    },
  }
}
