import { serve } from './honest.ts'

// Takes its time for each message, and has one thread for everybody.
serve({
  mayWait({ bufferedAmount }) {
    const until = performance.now() + 4
    while (performance.now() < until);
    return bufferedAmount < 1_048_576
  },
})
