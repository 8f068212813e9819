// A second right solution, written differently: a class, ws's own verifyClient, a flag on each socket, once and pipeline.
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import ws, { WebSocketServer } from 'ws'

const settings = {
  beat: parseInt(process.env.HEARTBEAT_MS || '30000', 10),
  port: parseInt(process.env.PORT || '3010', 10),
}

class Peer extends ws {
  answered = true
  tell(what: string | Buffer, binary: boolean): 0 | 1 {
    if (this.readyState !== this.OPEN) return 0
    if (this.bufferedAmount > 900_000) {
      this.terminate()
      return 0
    }
    this.send(what, { binary })
    return 1
  }
}

const trusted = (request: http.IncomingMessage) =>
  !request.headers.origin ||
  request.headers.origin.toLowerCase() === `http://${request.headers.host}`.toLowerCase()

const web = http.createServer((request, response) => {
  const answer = (status: number, body = '') => {
    response.statusCode = status
    response.setHeader('content-type', 'application/json')
    response.end(body)
  }
  const { pathname } = new URL(request.url ?? '/', 'http://x')
  if (pathname !== '/notify') return answer(404)
  if (request.method !== 'POST') return answer(405)
  if (!trusted(request)) return answer(403)
  let text = ''
  let readable = true
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const read = (bytes?: Buffer) => {
    try {
      if (text.length <= 1024) text += decoder.decode(bytes, { stream: bytes !== undefined })
    } catch {
      readable = false // no UTF-8
    }
  }
  request.on('data', read)
  request.once('end', () => {
    read()
    if (!text.length || !readable) return answer(400, '{}')
    if (text.length > 1024) return answer(413, '{}')
    let delivered = 0
    for (const peer of peers()) delivered += peer.tell(text, false)
    answer(202, `{ "delivered": ${delivered} }\n`)
  })
})

const hub = new WebSocketServer({ noServer: true, maxPayload: 65536, WebSocket: Peer })
const peers = () => hub.clients as Set<Peer>

web.on('upgrade', (request, socket, head) => {
  socket.once('error', socket.destroy)
  const wanted = new URL(request.url ?? '/', 'http://x').pathname === '/ws'
  if (wanted && trusted(request)) return hub.handleUpgrade(request, socket, head, meet)
  socket.write(`HTTP/1.1 ${wanted ? '403 No' : '404 No'}\r\n\r\n`)
  socket.end()
})

function meet(peer: Peer): void {
  peer.on('error', () => peer.terminate())
  peer.on('pong', () => {
    peer.answered = true
  })
  peer.on('message', (data, binary) => peer.tell(binary ? (data as Buffer) : String(data), binary))
}

function beat(): void {
  for (const peer of peers()) {
    if (!peer.answered) peer.terminate()
    peer.answered = false
    if (peer.readyState === peer.OPEN) peer.ping('?')
  }
}
const timer = setInterval(beat, settings.beat)

web.listen({ port: settings.port, host: '127.0.0.1' })
await once(web, 'listening')
console.log(`on port ${(web.address() as AddressInfo).port}`)

await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')])
clearInterval(timer)
web.close()
const gone = [...peers()].map((peer) => {
  peer.close(1001)
  return once(peer, 'close')
})
await Promise.race([Promise.all(gone), new Promise((resolve) => setTimeout(resolve, 700))])
process.exit()
