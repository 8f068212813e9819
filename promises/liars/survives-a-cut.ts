import { serve } from './honest-2.ts'

// Forgets at once what a lost connection has missed.
serve({ recoveryMs: 1 })
