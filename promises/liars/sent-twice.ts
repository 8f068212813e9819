import { FileLog } from '../examples/level-3/log.ts'
import { NotificationServer } from '../examples/level-3/server.ts'
import { logDir } from './write-behind.ts'

// Takes no notice of the Idempotency-Key.
class Liar extends FileLog {
  protected override findByKey(): undefined {
    return undefined
  }
}
new NotificationServer({ log: new Liar(logDir) }).listen()
