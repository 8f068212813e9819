import { PushServer } from './honest-4.ts'

// Pushes everything, seen or not.
class Liar extends PushServer {
  protected override isDue(): boolean {
    return true
  }
}
new Liar().listen()
