import { serve } from './honest-2.ts'

// Says nothing to whoever asks for a room that cannot be.
serve({
  refuse: (code) => (code === 'invalid_room' ? undefined : { ok: false, error: { code, message: code } }),
})
