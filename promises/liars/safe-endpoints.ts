import { PushServer } from './honest-4.ts'

// Takes any https address for a push service.
class Liar extends PushServer {
  protected override isPushService(endpoint: string): boolean {
    return URL.canParse(endpoint) && new URL(endpoint).protocol === 'https:'
  }
}
new Liar().listen()
