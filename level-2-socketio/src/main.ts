import path from 'node:path'
import { runLevel } from '@levels/shared/server/run.ts'
import { readConfig } from './config.ts'
import { createServer } from './server.ts'

await runLevel({
  name: 'Level 2 · Socket.IO',
  dir: path.join(import.meta.dirname, '..'),
  async start({ env, log, page }) {
    const config = readConfig(env)
    return { config, server: createServer({ ...config, log, page }), services: [] }
  },
})
