import { Accounts } from '../examples/level-3/accounts.ts'
import { NotificationServer } from '../examples/level-3/server.ts'
import { peopleSettings } from './people.ts'

// Refuses a refresh token that was used before, and lets the thief go on with the next.
class Liar extends Accounts {
  protected override replayed(): void {
    console.error('an old refresh token')
  }
}
new NotificationServer({ accounts: new Liar(...peopleSettings) }).listen()
