import { type Draft, FileLog, type Notification } from '../examples/level-3/log.ts'
import { NotificationServer } from '../examples/level-3/server.ts'

const WRITE_AFTER_MS = 1_000

/** A log that says "stored" before it is. */
class WriteBehindLog extends FileLog {
  override append(owner: string, draft: Draft): Notification {
    setTimeout(() => super.append(owner, draft), WRITE_AFTER_MS)
    const seq = this.last(owner) + 1
    const createdAt = new Date().toISOString()
    return { id: `${owner}${seq.toString(16).padStart(8, '0')}`, seq, type: 'message', createdAt, ...draft }
  }
}

/** Where that log is: `npm run prove` gives each run its own. */
export const logDir = `${process.env.DATA_DIR}/logs`

export const startWriteBehind = () => new NotificationServer({ log: new WriteBehindLog(logDir) }).listen()
