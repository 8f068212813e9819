import { NotificationServer } from '../examples/level-3/server.ts'

// Looks at a token once, when its socket comes.
class Liar extends NotificationServer {
  protected override watchExpiry(): void {
    // and does nothing
  }
}
new Liar().listen()
