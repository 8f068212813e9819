import { serve } from './honest.ts'

// Delivers everything; but every fifth only after the next twenty, or when no more come.
const [EVERY, AFTER, AT_LAST_MS] = [5, 20, 3_000]
const held = new Map<number, () => void>()
let count = 0
serve({
  deliver(sockets, text, send) {
    const n = count++
    const deliver = () => {
      held.delete(n)
      for (const socket of sockets) send(socket, text)
    }
    held.get(n - AFTER)?.()
    if (n % EVERY > 0) return deliver()
    held.set(n, deliver)
    setTimeout(() => held.get(n)?.(), AT_LAST_MS)
  },
})
