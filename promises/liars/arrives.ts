import { serve } from './honest.ts'

// Forgets one page every now and then.
let count = 0
serve({
  deliver(sockets, text, send) {
    count++
    sockets.forEach((socket, index) => {
      if (count % 50 !== 0 || index > 0) send(socket, text)
    })
  },
})
