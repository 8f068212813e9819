/** Watches whether this machine stands still, which looks like a broken promise and is none. */
export interface StallWatch {
  /** The longest that this process had to wait for its turn since the last call, in milliseconds. */
  longest(): number
  stop(): void
}

const EVERY_MS = 50

export function watchStalls(): StallWatch {
  let last = performance.now()
  let longest = 0
  const timer = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last - EVERY_MS)
    last = now
  }, EVERY_MS)
  timer.unref()
  return {
    longest() {
      const seen = longest
      longest = 0
      return seen
    },
    stop: () => clearInterval(timer),
  }
}
