import { PushServer } from './honest-4.ts'

new PushServer().listen()
