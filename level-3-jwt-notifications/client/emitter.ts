/** Something that happens now and then, for whoever wants to know. */
export interface Emitter<T> {
  on(listener: (value: T) => void): void
  emit(value: T): void
}

export function createEmitter<T>(): Emitter<T> {
  const listeners: ((value: T) => void)[] = []
  return {
    on: (listener) => void listeners.push(listener),
    emit(value) {
      for (const listener of listeners) listener(value)
    },
  }
}
