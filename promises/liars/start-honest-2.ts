import { serve } from './honest-2.ts'

serve()
