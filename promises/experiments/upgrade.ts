import { request } from 'node:http'

/** How a server answers a WebSocket handshake (RFC 6455, section 4): 101 is "yes"; 0 when it closes without an answer. */
export function upgrade(url: string, headers: Record<string, string>, withinMs = 5_000): Promise<number> {
  return new Promise((resolve) => {
    const asking = request(url, {
      agent: false,
      signal: AbortSignal.timeout(withinMs),
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': Buffer.from('sixteen bytes...').toString('base64'),
        ...headers,
      },
    })
    asking.on('upgrade', (_response, socket) => {
      socket.destroy()
      resolve(101)
    })
    asking.on('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asking.on('error', () => resolve(0))
    asking.end()
  })
}
