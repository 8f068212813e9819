import { parentPort, workerData } from 'node:worker_threads'
import { WebSocket } from 'ws'

// JavaScript, because worker threads run TypeScript only from Node 22 on. A peer that leans on a server, in a thread of its
// own: it sends as fast as the connection takes it, for so many milliseconds or until it is cut, and tells what it sent.
const { kind, level, url, auth, ms } = workerData
const MOST_WAITING_BYTES = 1_048_576
const EVENT = level === 2 ? ['typing', {}] : ['notifications:fetch', { limit: 100 }]
/** What a slow reader may ask from level 2 on: below the limit of 20 events a second, or it is cut for that. */
const ASKS_PER_SECOND = 18
const socket = new WebSocket(url, { perMessageDeflate: false, autoPong: false })
let sent = 0
let ended = false

socket.on('error', () => socket.terminate()) // cut: `close` follows
socket.on('close', end)
socket.on('open', () => level === 1 && lean())
socket.on('message', (data) => {
  const text = String(data)
  if (level > 1 && text.startsWith('0')) socket.send(`40${JSON.stringify(auth)}`)
  else if (level > 1 && text.startsWith('40')) lean()
  else if (level > 1 && text.startsWith('44')) throw new Error(`refused: ${text}`)
})

function lean() {
  if (kind !== 'flood') socket.pause() // what comes is not read
  setTimeout(end, ms)
  if (kind === 'slow' && level > 1) setInterval(ask, 1_000 / ASKS_PER_SECOND)
  else step()
}

function ask() {
  if (socket.readyState !== WebSocket.OPEN) return end()
  socket.send(`42${sent++}${JSON.stringify(EVENT)}`)
}

function step() {
  for (let n = 0; n < 200 && socket.bufferedAmount < MOST_WAITING_BYTES; n++) {
    if (socket.readyState !== WebSocket.OPEN) return end()
    if (kind === 'pings') socket.ping(Buffer.alloc(125))
    else if (level === 1) socket.send(kind === 'flood' ? 'flood' : 'x'.repeat(60_000))
    else socket.send(`42${sent}${JSON.stringify(EVENT)}`)
    sent++
  }
  setTimeout(step, 1)
}

function end() {
  if (ended) return
  ended = true
  const cut = socket.readyState !== WebSocket.OPEN
  socket.terminate()
  parentPort?.postMessage({ sent, cut })
  setImmediate(() => process.exit())
}
