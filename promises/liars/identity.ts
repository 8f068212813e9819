import { Accounts } from '../examples/level-3/accounts.ts'
import { NotificationServer } from '../examples/level-3/server.ts'
import { peopleSettings } from './people.ts'

// Takes any token that was signed with its key, whatever it was made for.
class Liar extends Accounts {
  protected override isForUs(): boolean {
    return true
  }
}
new NotificationServer({ accounts: new Liar(...peopleSettings) }).listen()
