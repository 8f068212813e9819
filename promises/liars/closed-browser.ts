import { PushServer } from './honest-4.ts'

// Pushes to one device only.
class Liar extends PushServer {
  protected override subscriptionsOf(owner: string): string[] {
    return super.subscriptionsOf(owner).slice(0, 1)
  }
}
new Liar().listen()
