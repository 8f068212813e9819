import { serve } from './honest.ts'

// Delivers everything, each after a while of its own.
let count = 0
serve({
  deliver(sockets, text, send) {
    const delay = count++ % 5 === 0 ? 60 : 0
    setTimeout(() => {
      for (const socket of sockets) send(socket, text)
    }, delay)
  },
})
