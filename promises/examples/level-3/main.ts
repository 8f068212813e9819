import { NotificationServer } from './server.ts'

new NotificationServer().listen()
