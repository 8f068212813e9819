import { pageForBench } from '@levels/shared/bench/hood.ts'
import { runSolution, serveForBench } from '@levels/shared/bench/serve.ts'
import { createLog } from '@levels/shared/server/log.ts'
import { readConfig } from '../src/config.ts'
import { createServer } from '../src/server.ts'

serveForBench({
  level: () => createServer({ ...readConfig({}), log: createLog('error'), page: pageForBench() }).http,
  /** The least server that echoes: no limits, no heartbeat, no Origin check, no shutdown. */
  bare: () => runSolution(() => import('../exercises/1.1-echo/solution.ts')),
})
