import { existsSync, writeFileSync } from 'node:fs'
import { NotificationServer } from '../examples/level-3/server.ts'

// Keeps every promise, but stands still once, in the middle of a refresh and for longer than a token of token-ends lives:
// when there is no file of that name yet.
const [, , noted = ''] = process.argv
const STANDS_STILL_MS = 4_500

const server = new NotificationServer()
server.http.prependListener('request', ({ url }) => {
  if (url !== '/api/auth/refresh' || existsSync(noted)) return
  writeFileSync(noted, '')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STANDS_STILL_MS)
})
server.listen()
