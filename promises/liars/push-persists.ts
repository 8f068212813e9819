import { PushServer } from './honest-4.ts'

// Tries once.
class Liar extends PushServer {
  protected override isWorthAnother(): boolean {
    return false
  }
}
new Liar().listen()
