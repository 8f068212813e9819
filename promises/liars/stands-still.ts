import { existsSync, writeFileSync } from 'node:fs'
import { NotificationServer } from '../examples/level-3/server.ts'

// Keeps its promises. But it stands still once, in the middle of a refresh, for longer than a token lives in token-ends.
// The file that is named on the command line remembers that it did.
const [, , noted = ''] = process.argv
const STANDS_STILL_MS = 4_500

const server = new NotificationServer()
server.http.prependListener('request', ({ url }) => {
  if (url !== '/api/auth/refresh' || existsSync(noted)) return
  writeFileSync(noted, '')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STANDS_STILL_MS)
})
server.listen()
