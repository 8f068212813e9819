import { serve } from './honest.ts'

// Asks whether its peers are there, and does not listen to the answer.
serve({ beat: (socket) => socket.ping() })
