import { serve } from './honest.ts'

// Takes a host that only begins like its own for its own.
serve({ isAllowed: ({ headers: { origin, host } }) => !origin || origin.startsWith(`http://${host}`) })
