import { serve } from './honest.ts'

// Waits for the last page to go.
serve({ leave: (http) => http.close() })
