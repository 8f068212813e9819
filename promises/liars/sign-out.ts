import { NotificationServer } from '../examples/level-3/server.ts'

// Ends the session, and leaves its sockets open.
class Liar extends NotificationServer {
  protected override mayStay(): boolean {
    return true
  }
}
new Liar().listen()
