import { readCommonConfig, StartError } from '../server/config.ts'
import { closeHttpServer, createHttpServer } from '../server/http.ts'
import { runLevel } from '../server/run.ts'

// The smallest level there is, for a test that starts it: LEVEL_DIR has its page, and LEVEL_FATE says how it goes.
const { LEVEL_DIR = '', LEVEL_FATE } = process.env

await runLevel({
  name: 'Test level',
  dir: LEVEL_DIR,
  async start({ env, page }) {
    if (LEVEL_FATE === 'a StartError') throw new StartError('SECRET is missing: set it')
    if (LEVEL_FATE === 'an error of several lines') throw new Error('one\n  two')
    const http = createHttpServer((req, res) => page.handle(req, res, () => res.end('no page')), console)
    return {
      config: readCommonConfig(env, 0),
      services: ['a database', 'a cache'],
      server: {
        http,
        async close() {
          if (LEVEL_FATE === 'closing hangs') await new Promise(() => setInterval(() => undefined, 1_000))
          if (LEVEL_FATE === 'closing fails') throw new Error('stuck')
          await closeHttpServer(http)
        },
      },
    }
  },
})
