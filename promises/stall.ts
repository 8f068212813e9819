import { cpus } from 'node:os'
import type { ServerProcess } from './server-process.ts'

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

/**
 * How much of this machine other programs take than this one and these servers: the processors that they kept busy since
 * the call (0.5: one of them for half of the time); undefined where that cannot be told.
 */
export function watchOthers(servers: readonly Pick<ServerProcess, 'cpu'>[]): () => number | undefined {
  const read = () => {
    const spent = servers.map((server) => server.cpu())
    const { user, system } = process.cpuUsage()
    const all = cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq)
    return {
      at: performance.now(),
      isKnown: spent.every((ms) => ms !== undefined),
      othersMs: sum(all) - sum(spent.map((ms) => ms ?? 0)) - (user + system) / 1_000,
    }
  }
  const began = read()
  return () => {
    const now = read()
    return now.isKnown ? (now.othersMs - began.othersMs) / (now.at - began.at) : undefined
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)
