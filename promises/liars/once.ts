import { serve } from './honest-2.ts'

// Is not sure how much a page that comes back has, and sends it the last few again.
const last: object[] = []
serve({
  sent(message) {
    last.push(message)
    last.splice(0, last.length - 3)
  },
  cameBack(socket) {
    for (const message of last) socket.emit('message:new', message)
  },
})
