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
  /** One line to print at start: that this is a stand-in, where the data is, and what of it was damaged. */
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
  const { dir, port = 0, sweepMs = 60_000, onFatal = (error) => process.emitWarning(error) } = options
  if (process.env.NODE_ENV === 'production') {
    throw new Error(
      'The embedded MongoDB is for development only. Set MONGODB_URI to a real MongoDB when NODE_ENV=production.',
    )
  }
  const unlock = dir === undefined ? () => undefined : lockDirectory(dir)
  const store = new Store()
  const server = createMongoServer({
    store,
    sweepMs,
    write: (changes) => log?.append(changes),
    sync: () => log?.sync(),
    onFailure: fail,
  })
  let log: Log | undefined
  let failed = false
  let stopped: Promise<void> | undefined

  async function stop(): Promise<void> {
    try {
      await server.close()
      await log?.close()
    } catch (error) {
      if (!failed) throw error
    } finally {
      unlock()
    }
  }

  function close(): Promise<void> {
    stopped ??= stop()
    return stopped
  }

  function fail(cause: unknown): void {
    if (failed || stopped) return
    failed = true
    void close()
    onFatal(
      new Error(
        `The embedded MongoDB has stopped: its log in ${dir} cannot be written (${messageOf(cause)})`,
        { cause },
      ),
    )
  }

  try {
    if (dir !== undefined) log = openLog(dir, store, fail)
    const listening = await server.listen(port)
    return {
      uri: `mongodb://127.0.0.1:${listening}/?retryWrites=false`,
      notice: `embedded MongoDB, a stand-in for development (${dir === undefined ? 'in memory only' : `data in ${dir}`})${damage(log)}`,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function openLog(dir: string, store: Store, onFailure: (error: unknown) => void): Log {
  try {
    return new Log(
      dir,
      (change) => store.apply(change),
      () => store.snapshot(),
      onFailure,
    )
  } catch (cause) {
    throw new Error(`The embedded MongoDB cannot open its log in ${dir}: ${messageOf(cause)}`, { cause })
  }
}

function damage(log: Log | undefined): string {
  if (!log?.droppedBytes) return ''
  return `; the last ${log.droppedBytes} bytes of its log were torn or damaged and are left out (the old file: mongo.log.damaged)`
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
