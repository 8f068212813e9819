import { lockDirectory } from './lock.ts'
import { Log } from './log.ts'
import { createMongoServer } from './server.ts'
import { Store } from './store.ts'

export interface EmbeddedMongoOptions {
  /** Where the data is kept. Without it, in memory only. */
  dir?: string
  /** 0, the default: a free port. */
  port?: number
  /** Called once if the log can no longer be written (disk full): by then all connections have been cut. */
  onFatal?: (error: Error) => void
  /** How often documents past their TTL are removed, in milliseconds; MongoDB's 60 s by default. */
  sweepMs?: number
}

export interface EmbeddedMongo {
  /** For mongoose and the mongodb driver; names no database. */
  uri: string
  /** One line to print at start: that this is a stand-in, and where the data is. */
  notice: string
  /** Cuts the connections, brings everything to the disk, gives the directory back. May be called twice. */
  close(): Promise<void>
}

/**
 * Starts a MongoDB for development inside this process, on 127.0.0.1: enough of the wire protocol for the
 * unmodified drivers, and MongoDB's own error for whatever it does not cover.
 * Throws under NODE_ENV=production, when the directory is in use, and when the port is taken.
 */
export async function startEmbeddedMongo(options: EmbeddedMongoOptions = {}): Promise<EmbeddedMongo> {
  const { dir, port = 0, sweepMs = 60_000 } = options
  if (process.env.NODE_ENV === 'production') {
    throw new Error(
      'The embedded MongoDB is for development only. Set MONGODB_URI to a real MongoDB when NODE_ENV=production.',
    )
  }
  const onFatal = options.onFatal ?? ((error: Error) => process.emitWarning(error))
  const unlock = dir === undefined ? () => undefined : lockDirectory(dir)
  let log: Log | undefined
  try {
    const store = new Store()
    if (dir !== undefined)
      log = new Log(
        dir,
        (change) => store.apply(change),
        () => store.snapshot(),
        (error) => server.fail(error),
      )
    const server = createMongoServer({
      store,
      log,
      sweepMs,
      onFailure(cause) {
        void release().catch(() => undefined)
        onFatal(
          new Error(
            `The embedded MongoDB has stopped: its log in ${dir} cannot be written (${cause instanceof Error ? cause.message : cause})`,
            { cause },
          ),
        )
      },
    })
    let released: Promise<void> | undefined
    const release = () => {
      released ??= (log?.close() ?? Promise.resolve()).finally(unlock)
      return released
    }
    const listening = await server.listen(port)
    let closed: Promise<void> | undefined
    return {
      uri: `mongodb://127.0.0.1:${listening}/?retryWrites=false`,
      notice: `embedded MongoDB, a stand-in for development (${dir === undefined ? 'in memory only' : `data in ${dir}`})`,
      close() {
        closed ??= server.close().then(release)
        return closed
      },
    }
  } catch (error) {
    await log?.close()
    unlock()
    throw error
  }
}
