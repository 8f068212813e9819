import { createServer as createHttpServer } from 'node:http'
import { serveForBench } from '@levels/shared/bench/serve.ts'
import { createLog } from '@levels/shared/server/log.ts'
import { WebSocketServer } from 'ws'
import { readConfig } from '../src/config.ts'
import { createServer } from '../src/server.ts'

serveForBench({
  level: () => createServer({ ...readConfig({}), log: createLog('error') }).http,
  /** The least server that echoes: no limits, no heartbeat, no Origin check, no shutdown. */
  bare() {
    const server = createHttpServer()
    new WebSocketServer({ server }).on('connection', (socket) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
    })
    return server
  },
})
