import { startEmbeddedMongo } from '@levels/embedded-mongo'
import { startRedis } from '@levels/embedded-redis'

// A service as a process of its own, so that it can be killed: service-process.ts mongo|redis, with PORT (and DATA_DIR).
const port = Number(process.env.PORT)
const [what] = process.argv.slice(2)
const service =
  what === 'mongo'
    ? await startEmbeddedMongo({ port, ...(process.env.DATA_DIR && { dir: process.env.DATA_DIR }) })
    : await startRedis({ port })

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void service.close().then(() => process.exit(0)))
}
