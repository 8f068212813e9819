import { serve } from './honest.ts'

serve()
