import { startEmbeddedMongo } from '@levels/embedded-mongo'
import { startRedis } from '@levels/embedded-redis'

// A service as a process of its own, so that it can be killed: service-process.ts mongo|redis, with PORT, SERVICE_PASSWORD
// (and DATA_DIR).
const address = { port: Number(process.env.PORT), password: process.env.SERVICE_PASSWORD }
const [what] = process.argv.slice(2)
const service =
  what === 'mongo'
    ? await startEmbeddedMongo({ ...address, ...(process.env.DATA_DIR && { dir: process.env.DATA_DIR }) })
    : await startRedis(address)

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void service.close().then(() => process.exit(0)))
}
