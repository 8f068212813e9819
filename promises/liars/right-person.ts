import { NotificationServer } from '../examples/level-3/server.ts'

// Whoever knows a notification's id may have it.
class Liar extends NotificationServer {
  protected override mayTouch(): boolean {
    return true
  }
}
new Liar().listen()
