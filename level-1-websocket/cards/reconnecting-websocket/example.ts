// Stays connected to a WebSocket server and prints what comes: run it, stop the server, start the server again. Pages use
// it in the same way; this program runs on Node 22 and later, which have the browser's WebSocket.
import { createConnection } from '../../client/connection.ts'

const connection = createConnection(`ws://127.0.0.1:${process.env.PORT ?? 3010}/ws`, {
  onMessage: (data) => console.log(typeof data === 'string' ? data : `${data.byteLength} bytes`),
  onState: (state, delayMs) =>
    console.log(delayMs === undefined ? state : `${state} ${Math.round(delayMs)} ms`),
})
connection.connect()

process.on('SIGTERM', () => {
  connection.disconnect()
  process.exit(0)
})
