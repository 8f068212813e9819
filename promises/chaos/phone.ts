import { setTimeout as sleep } from 'node:timers/promises'
import type { Arena } from '../arena.ts'
import type { Level3Person } from '../dialects/level-3.ts'
import type { Device } from '../dialects/level-4.ts'

/**
 * A device in a pocket, in the history as a page of its owner: it shows what is pushed to it. What comes again with the
 * same id replaces what is there (the service worker's `tag`), so it is shown once; `again` counts it.
 */
export interface Phone {
  device: Device
  /** How many came again. */
  again(): number
  /** Waits until it shows all these texts, for so many milliseconds at most. */
  until(texts: ReadonlySet<string>, withinMs: number): Promise<void>
  stop(): void
}

const LOOK_EVERY_MS = 50

export async function addPhone(arena: Arena, owner: Level3Person): Promise<Phone> {
  const { history } = arena
  const device = await arena.level4.addDevice(owner)
  const shown = new Set<string>()
  let looked = 0
  const look = () => {
    const received = device.received()
    for (const { message, seq } of received.slice(looked)) {
      if (shown.has(message)) continue
      shown.add(message)
      history.add(device.name, 'shown', { message, seq })
    }
    looked = received.length
  }
  history.add(device.name, 'opened', { of: owner.name })
  history.add(device.name, 'ready')
  const timer = setInterval(look, LOOK_EVERY_MS).unref()
  return {
    device,
    again: () => looked - shown.size,
    async until(texts, withinMs) {
      const deadline = performance.now() + withinMs
      const isMissing = () => [...texts].some((text) => !shown.has(text))
      while (isMissing() && performance.now() < deadline) await sleep(LOOK_EVERY_MS)
      look()
    },
    stop: () => clearInterval(timer),
  }
}
