/** Waits for `work`, but at most `ms` milliseconds: then rejects with `late`, whatever becomes of the work. */
export function within<T>(ms: number, work: Promise<T>, late: Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(reject, ms, late)
  })
  return Promise.race([work, tooLate]).finally(() => clearTimeout(timer))
}
