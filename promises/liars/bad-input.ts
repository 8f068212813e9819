import { serve } from './honest.ts'

// Takes a message of any size, and says nothing about it.
serve({ maxPayload: 0 })
