import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { startEmbeddedMongo } from '@levels/embedded-mongo'
import type { Log } from '@levels/shared/server/log.ts'
import { connectDatabase } from '@levels/shared/server/mongo.ts'
import { afterAll, beforeAll } from 'vitest'
import type { Options } from '../../src/config.ts'
import { createServer, type Level3Server } from '../../src/server.ts'

/** Tests send in a second what people do not send in a minute. */
const plenty = { perMinute: 1_000_000, atOnce: 1_000_000 }

export const JWT_SECRET = 'a secret that only the tests know, long enough'

export interface TestServer extends Level3Server {
  url: string
  /** The database it uses, for a second instance beside it. */
  mongoUri: string
  /** Everything it logged. */
  logged: string[]
}

export type TestOptions = Partial<Omit<Options, 'config'>> & {
  config?: Partial<Options['config']>
  /** Use this database instead of one of its own. */
  mongoUri?: string
}

/** Starts level 3 on a free port. Without `mongoUri`, on an embedded MongoDB of its own, in memory. */
export async function startServer({ config, mongoUri, ...options }: TestOptions = {}): Promise<TestServer> {
  const mongo = mongoUri === undefined ? await newDatabase() : undefined
  const uri = mongoUri ?? mongo?.uri ?? ''
  const db = await connectDatabase(uri)
  const logged: string[] = []
  const server = await createServer({
    config: {
      allowedOrigins: [],
      production: false,
      accessTokenTtlS: 900,
      trustProxyHops: 0,
      jwtSecret: JWT_SECRET,
      limits: { notifications: plenty, roomMessages: plenty, rooms: plenty },
      ...config,
    },
    db,
    log: recordTo(logged),
    ...options,
  })
  if (!server.http.listening) {
    server.http.listen(0, '127.0.0.1')
    await once(server.http, 'listening')
  }
  return {
    ...server,
    url: `http://127.0.0.1:${(server.http.address() as AddressInfo).port}`,
    mongoUri: uri,
    logged,
    async close() {
      await server.close()
      await db.close()
      await mongo?.close()
    },
  }
}

/** One server for all tests of a file: each makes users of its own. */
export function serverForAll(options?: TestOptions): () => TestServer {
  let server: TestServer | undefined
  beforeAll(async () => {
    server = await startServer(options)
  })
  afterAll(() => server?.close())
  return () => {
    if (!server) throw new Error('The server runs only while tests do')
    return server
  }
}

/** An empty database: on the server that MONGODB_URI names, if any, or embedded in this process. */
async function newDatabase(): Promise<{ uri: string; close(): Promise<void> }> {
  const given = process.env.MONGODB_URI
  if (!given) return startEmbeddedMongo()
  const uri = new URL(given)
  uri.pathname = `/test-${process.pid}-${Date.now()}-${Math.random().toString(36).slice(2)}`
  return {
    uri: uri.href,
    async close() {
      const db = await connectDatabase(uri.href)
      await db.dropDatabase()
      await db.close()
    },
  }
}

function recordTo(lines: string[]): Log {
  const record = (level: string) => (message: string) => void lines.push(`${level} ${message}`)
  return { debug: record('debug'), info: record('info'), warn: record('warn'), error: record('error') }
}
