import { NotificationServer } from '../examples/level-3/server.ts'

// Whoever comes without a memory has missed nothing.
class Liar extends NotificationServer {
  protected override startOf(owner: string, after: unknown): number {
    return typeof after === 'number' ? after : this.log.last(owner)
  }
}
new Liar().listen()
