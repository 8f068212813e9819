import path from 'node:path'
import { startEmbeddedMongo } from '@levels/embedded-mongo'
import { runService } from './run-service.ts'

// The embedded MongoDB as a process of its own: it survives both instances, and they survive it.
await runService((address) =>
  startEmbeddedMongo({ dir: path.resolve(process.env.MONGO_DIR ?? '.data/level-4'), ...address }),
)
