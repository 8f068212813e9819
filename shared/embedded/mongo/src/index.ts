import { randomBytes } from 'node:crypto'
import { USER } from './auth.ts'
import { lockDirectory } from './lock.ts'
import { Log } from './log.ts'
import { createMongoServer } from './server.ts'
import { Store } from './store.ts'

export interface EmbeddedMongoOptions {
  /** Where the data is kept. Without it, in memory only. */
  dir?: string
  /** 0, the default: a free port. */
  port?: number
  /** For a server that comes back under the URI it had; by default a new one is made. Letters, digits, `-` and `_`. */
  password?: string
  /** Told in one line, on standard error by default, when the disk takes no more writes (they are refused from then on), and when it does again. */
  warn?: (message: string) => void
  /** How often documents past their TTL are removed, in milliseconds; MongoDB's 60 s by default. */
  sweepMs?: number
  /** The log is compacted when half of it is out of date and it is longer than this; 8 MiB by default. */
  compactAboveBytes?: number
}

export interface EmbeddedMongo {
  /** For mongoose and the mongodb driver; names no database. It holds the password: do not print it. */
  uri: string
  /** Port and password, for the options of a server that is to come back under the same URI. */
  address: { port: number; password: string }
  /** One line to print at start: that this is a stand-in, where the data is, and what of it was damaged. */
  notice: string
  /** Cuts the connections, brings everything to the disk, gives the directory back. May be called twice. */
  close(): Promise<void>
}

/**
 * Starts a MongoDB for development inside this process, on 127.0.0.1: enough of the wire protocol for the
 * unmodified drivers, and MongoDB's own error for whatever it does not cover.
 * Throws under NODE_ENV=production, when the directory cannot be used or is in use, and when the port is taken.
 */
export async function startEmbeddedMongo(options: EmbeddedMongoOptions = {}): Promise<EmbeddedMongo> {
  const { dir, port = 0, password = randomBytes(24).toString('base64url'), sweepMs = 60_000 } = options
  if (process.env.NODE_ENV === 'production') {
    throw new Error(
      'The embedded MongoDB is for development only. Set MONGODB_URI to a real MongoDB when NODE_ENV=production.',
    )
  }
  const unlock = dir === undefined ? undefined : await lockDirectory(dir)
  const store = new Store()
  const trouble = troubleTold(dir, options.warn ?? console.error)
  const server = createMongoServer({
    store,
    password,
    sweepMs,
    write(changes) {
      try {
        log?.append(changes)
        trouble.over()
      } catch (error) {
        trouble.begins(error)
        throw error
      }
    },
    sync: () => log?.sync(),
  })
  let log: Log | undefined
  let stopped: Promise<void> | undefined

  async function stop(): Promise<void> {
    try {
      await server.close()
      await log?.close()
    } finally {
      unlock?.()
    }
  }

  function close(): Promise<void> {
    stopped ??= stop()
    return stopped
  }

  try {
    if (dir !== undefined) log = openLog(dir, store, trouble.begins, options.compactAboveBytes)
    const listening = await server.listen(port)
    return {
      uri: `mongodb://${USER}:${password}@127.0.0.1:${listening}/?authSource=admin&authMechanism=SCRAM-SHA-256&retryWrites=false`,
      address: { port: listening, password },
      notice: `embedded MongoDB, a stand-in for development (${dir === undefined ? 'in memory only' : `data in ${dir}`})${damage(log)}`,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function openLog(dir: string, store: Store, onTrouble: (error: unknown) => void, compactAbove?: number): Log {
  try {
    return new Log(dir, store, onTrouble, compactAbove)
  } catch (cause) {
    const cure = 'Make its files writable, or set DATA_DIR to another directory.'
    throw new Error(`The embedded MongoDB cannot open its log in ${dir}: ${messageOf(cause)}. ${cure}`, {
      cause,
    })
  }
}

// Each trouble is told once, when it begins and when it is over.
function troubleTold(dir: string | undefined, warn: (message: string) => void) {
  let troubled = false
  return {
    begins(error: unknown): void {
      if (troubled) return
      troubled = true
      warn(`The embedded MongoDB refuses writes: its log in ${dir} cannot be written (${causeOf(error)})`)
    },
    over(): void {
      if (!troubled) return
      troubled = false
      warn(`The embedded MongoDB writes again to its log in ${dir}`)
    },
  }
}

function damage(log: Log | undefined): string {
  if (!log?.droppedBytes) return ''
  return `; the last ${log.droppedBytes} bytes of its log were torn or damaged and are left out (the old file: mongo.log.damaged)`
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
const causeOf = (error: unknown) => messageOf(error instanceof Error && error.cause ? error.cause : error)
