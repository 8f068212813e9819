/** It took too long; the message says what did, and how long it was given. */
export class TookTooLong extends Error {}

/** Waits for it, and rejects with TookTooLong after so many milliseconds. What is late goes on, unheard. */
export async function within<T>(what: string, ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    const error = new TookTooLong(`${what}: not within ${ms / 1_000} s`)
    timer = setTimeout(() => reject(error), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
