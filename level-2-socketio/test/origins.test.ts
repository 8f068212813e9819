import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { startServer } from './support/server.ts'

/** The status with which a connection is answered: 101 or 200 when it is let in. */
function statusOf(
  url: string,
  transport: 'polling' | 'websocket',
  origin?: string,
): Promise<number | undefined> {
  const headers = {
    ...(origin && { origin }),
    ...(transport === 'websocket' && {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    }),
  }
  return new Promise((resolve, reject) => {
    const req = request(`${url}/socket.io/?EIO=4&transport=${transport}`, { headers })
    req.on('response', (res) => {
      res.resume()
      resolve(res.statusCode)
    })
    req.on('upgrade', (res, socket) => {
      socket.destroy()
      resolve(res.statusCode)
    })
    req.on('error', reject)
    req.end()
  })
}

describe.each([
  ['websocket', 101],
  ['polling', 200],
] as const)('a page that connects by %s', (transport, welcome) => {
  it('is let in when it is the own one, a friend, or no page at all', async () => {
    const { url } = await startServer({ allowedOrigins: ['https://friend.example'] })
    for (const origin of [undefined, url, 'https://friend.example']) {
      expect(await statusOf(url, transport, origin), origin).toBe(welcome)
    }
  })

  it('is refused when it is foreign, however alike its address looks', async () => {
    const server = await startServer({ allowedOrigins: ['https://friend.example'] })
    const { url } = server
    for (const origin of [
      'https://evil.example',
      'https://friend.example.evil.example',
      'http://friend.example',
      'https://friend.example:8443',
      `${url}.evil.example`,
      `${url}0`,
      'null',
    ]) {
      expect(await statusOf(url, transport, origin), origin).toBe(403)
    }
    expect(server.io.engine.clientsCount).toBe(0)
  })
})

describe('an upgrade to anything else', () => {
  it('is answered with 404', async () => {
    const { url } = await startServer()
    expect(await statusOf(`${url}/elsewhere`, 'websocket')).toBe(404)
  })
})
