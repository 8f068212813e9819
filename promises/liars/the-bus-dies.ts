import { createClient } from 'redis'
import { PushServer } from './honest-4.ts'

// Looks into the log only when Redis says so.
const subscriber = createClient({ url: process.env.REDIS_URL ?? '' })
subscriber.on('error', () => undefined) // it comes back by itself
const publisher = subscriber.duplicate()
publisher.on('error', () => undefined)

class Liar extends PushServer {
  override look(): void {
    if (publisher.isReady) void publisher.publish('stored', '1')
  }
  lookNow(): void {
    super.look()
  }
  override listen(): void {
    this.http.listen(Number(process.env.PORT), '127.0.0.1')
  }
}
const server = new Liar()
await Promise.all([subscriber.connect(), publisher.connect()])
await subscriber.subscribe('stored', () => server.lookNow())
server.listen()
