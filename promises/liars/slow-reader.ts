import { serve } from './honest.ts'

// Keeps whatever a peer does not read.
serve({ mayWait: () => true })
