import { parentPort, workerData } from 'node:worker_threads'
import { WebSocket } from 'ws'

// JavaScript, because worker threads run TypeScript only from Node 22 on. Sends as fast as the connection takes it, for
// so many milliseconds; tells that it begins, and then what came of it.
const { url, level, auth, ms } = workerData
const base = url.replace('http', 'ws')
const socket = new WebSocket(level === 1 ? `${base}/ws` : `${base}/socket.io/?EIO=4&transport=websocket`)
const event = level === 2 ? ['typing', {}] : ['notifications:seen', { upTo: 0 }]
const MOST_WAITING_BYTES = 262_144
/** How long it sends about 100 a second, in milliseconds. */
const POLITE_MS = 600

let sent = 0
let refused = 0
let ended = false
let begun = false
socket.on('error', () => socket.terminate())
socket.on('close', () => {
  ended = true
  if (!begun) flood()
})
socket.on('message', (data) => {
  const text = String(data)
  if (level > 1 && text.startsWith('0')) socket.send(`40${JSON.stringify(auth)}`)
  else if (level > 1 && text.startsWith('40')) flood()
  else if (text === '2') socket.send('3')
  else if (text.includes('"ok":false')) refused++
})
if (level === 1) socket.on('open', flood)

function flood() {
  begun = true
  parentPort?.postMessage('begun')
  const began = performance.now()
  const until = began + ms
  const step = () => {
    // Too fast at first, so that a limit is told; then as fast as can be.
    const atOnce = performance.now() - began < POLITE_MS ? 1 : 200
    for (let n = 0; n < atOnce && socket.readyState === WebSocket.OPEN; n++) {
      if (socket.bufferedAmount > MOST_WAITING_BYTES) break
      socket.send(level === 1 ? `flood ·flood0` : `42${sent}${JSON.stringify(event)}`)
      sent++
    }
    if (performance.now() < until && !ended) setTimeout(step, atOnce === 1 ? 8 : 0)
    else setTimeout(() => parentPort?.postMessage({ sent, refused, ended }), 200)
  }
  step()
}
