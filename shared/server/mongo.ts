import path from 'node:path'
import mongoose, { type Connection } from 'mongoose'
import { type Env, readText, StartError } from './config.ts'

export interface MongoConfig {
  /** Absent in development: then the embedded MongoDB serves. */
  mongodbUri?: string
  /** Where embedded services keep their data: each level in a folder of its own. */
  dataDir: string
}

/** `MONGODB_URI`, which production demands. Throws StartError naming the cure. */
export function readMongodbUri(env: Env): string | undefined {
  return readText(env, 'MONGODB_URI', {
    isRight: (text) => /^mongodb(\+srv)?:\/\/./.test(text),
    what: 'a MongoDB address',
    example: 'mongodb://127.0.0.1:27017/notifications',
    needed: env.NODE_ENV === 'production' && 'NODE_ENV=production refuses the embedded MongoDB',
  })
}

/** A MongoDB to connect to. */
interface Mongo {
  uri: string
  /** For the start line. */
  notice: string
  close(): Promise<void>
}

/** The database's name when the URI has none. */
const DEFAULT_NAME = 'notifications'

/**
 * The MongoDB at `MONGODB_URI`, or without that the embedded one, which keeps its data under `<dataDir>/<folder>`.
 * The code that uses it cannot tell which: it gets a URI. Throws StartError when the folder is in use.
 */
async function openMongo(config: MongoConfig, folder: string): Promise<Mongo> {
  if (config.mongodbUri !== undefined) {
    return { uri: config.mongodbUri, notice: 'MongoDB at MONGODB_URI', close: async () => undefined }
  }
  try {
    const { startEmbeddedMongo } = await import('@levels/embedded-mongo') // production never loads it
    return await startEmbeddedMongo({ dir: path.join(config.dataDir, folder) })
  } catch (error) {
    throw new StartError(error instanceof Error ? error.message : String(error))
  }
}

/** A connection to the MongoDB at `MONGODB_URI`, or to the embedded one; `close` ends both. Throws StartError. */
export async function openDatabase(config: MongoConfig, folder: string) {
  const { uri, notice, close } = await openMongo(config, folder)
  const db = await connectDatabase(uri)
  return {
    db,
    notice,
    async close(): Promise<void> {
      await db.close()
      await close()
    },
  }
}

/**
 * Connects, and from then on keeps reconnecting by itself. Throws StartError when nothing answers.
 *
 * The driver's own patience is 30 s, mongoose's 10 s on top: a request would hang where it should fail. So nothing
 * is buffered here, no step may take longer than a person waits, and no read is silently tried twice.
 */
export async function connectDatabase(uri: string): Promise<Connection> {
  const connection = mongoose.createConnection(uri, {
    ...(hasDatabaseName(uri) ? {} : { dbName: DEFAULT_NAME }),
    bufferCommands: false,
    autoIndex: false, // models build theirs when told to, and the server listens after that
    autoCreate: false,
    serverSelectionTimeoutMS: 1_500,
    connectTimeoutMS: 3_000,
    // Asked this often whether it answers: one that takes connections and says nothing is away within 5 s, for everybody
    // who waits, too. Whoever waits longer than that is told `busy`.
    serverMonitoringMode: 'poll',
    heartbeatFrequencyMS: 2_000,
    socketTimeoutMS: 2_000, // without an answer for so long, it is away; bulk work goes in pieces that take less
    maxPoolSize: 20,
    // A crowd that comes all at once waits here, nearly as long as a page waits for an answer: slow is not away.
    waitQueueTimeoutMS: 8_000,
    retryReads: false,
  })
  try {
    return await connection.asPromise()
  } catch (error) {
    await connection.close()
    // A URI may carry a password: it is never printed.
    const reason = error instanceof Error ? error.message : String(error)
    throw new StartError(
      `MONGODB_URI: no MongoDB can be used there (${reason.split('\n', 1)[0]}): start it there, or leave ` +
        'MONGODB_URI unset in development',
    )
  }
}

/** mongodb://hosts/NAME?options */
function hasDatabaseName(uri: string): boolean {
  return /^mongodb(\+srv)?:\/\/[^/]+\/[^?]/.test(uri)
}

/** Whether MongoDB answers on this connection. */
export async function answers(db: Connection): Promise<boolean> {
  return (await db.db?.admin().ping())?.ok === 1
}
