import path from 'node:path'
import { openDatabase } from '@levels/shared/server/mongo.ts'
import { runLevel } from '@levels/shared/server/run.ts'
import { readConfig } from './config.ts'
import { createServer } from './server.ts'

await runLevel({
  name: 'Level 3 · Accounts, tokens, stored notifications',
  dir: path.join(import.meta.dirname, '..'),
  async start({ env, log, page }) {
    const config = readConfig(env)
    const mongo = await openDatabase(config, 'level-3')
    const server = await createServer({ config, db: mongo.db, log, page })
    const notes = config.production ? [] : await (await import('../dev/seed.ts')).seed(server)
    return {
      config,
      server: {
        http: server.http,
        async close() {
          await server.close()
          await mongo.close()
        },
      },
      services: [mongo.notice],
      notes,
    }
  },
})
