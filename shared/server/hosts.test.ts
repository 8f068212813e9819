import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, expect, it, onTestFinished } from 'vitest'
import { serveKnownHosts } from './hosts.ts'

const lan = Object.values(networkInterfaces())
  .flat()
  .find((own) => own?.family === 'IPv4' && !own.internal)?.address

/** A server that lets everybody in whom the guard lets in. Its listeners are there before the guard and after it. */
async function serve(allowedHosts: string[] = [], host = '127.0.0.1') {
  const server = createServer((_req, res) => res.end('in'))
  serveKnownHosts(server, allowedHosts)
  server.on('upgrade', (_req, socket) =>
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
  )
  server.listen(0, host)
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const ask = (headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const req = request({ host: '127.0.0.1', port, headers })
      req.on('response', (res) => resolve(res.resume().statusCode))
      req.on('upgrade', (res, socket) => resolve(socket.destroy() && res.statusCode))
      req.on('error', reject)
      req.end()
    })
  return { port, ask }
}

const upgrade = { connection: 'upgrade', upgrade: 'websocket' }
const doors = [
  ['a request', {}, 200],
  ['an upgrade', upgrade, 101],
] as const

describe.each(doors)('%s', (_door, headers, welcome) => {
  it.each(['localhost', 'LOCALHOST:1', '127.0.0.1', '127.8.7.6:3010', '[::1]:80', 'level.localhost'])(
    'to a server on loopback is served under %s',
    async (host) => {
      const { ask } = await serve()
      expect(await ask({ ...headers, host })).toBe(welcome)
    },
  )

  it.each([
    'evil.example',
    'localhost.evil.example',
    'evillocalhost',
    '127.0.0.1.evil.example',
    '10.1.2.3',
    '[fd00::1]',
    '0.0.0.0',
    'user@localhost',
    'localhost/x',
    'a b',
    lan ?? '192.168.0.1',
  ])('to a server on loopback is refused under %s', async (host) => {
    const { ask } = await serve(['laptop.local'])
    expect(await ask({ ...headers, host })).toBe(403)
  })

  it('is served under a name that is allowed, and under no other', async () => {
    const { ask } = await serve(['laptop.local'])
    expect(await ask({ ...headers, host: 'Laptop.local:3010' })).toBe(welcome)
    expect(await ask({ ...headers, host: 'my.laptop.local' })).toBe(403)
  })

  it.runIf(lan)('to a server on every address is served under each of them, and no other', async () => {
    const { ask } = await serve([], '0.0.0.0')
    expect(await ask({ ...headers, host: `${lan}:3010` })).toBe(welcome)
    expect(await ask({ ...headers, host: 'localhost' })).toBe(welcome)
    expect(await ask({ ...headers, host: '10.99.98.97' })).toBe(403)
    expect(await ask({ ...headers, host: 'evil.example' })).toBe(403)
  })
})

it.each([
  ['a request of HTTP/1.1', 'GET / HTTP/1.1\r\n\r\n'],
  ['a request of HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n'],
  ['an upgrade', 'GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'],
  ['a request with an empty one', 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
])('%s without Host is a 400', async (_name, text) => {
  const { port } = await serve()
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
  })
  socket.write(text)
  const [answer] = await once(socket.setEncoding('utf8'), 'data')
  expect(answer).toMatch(/^HTTP\/1.1 400 /)
})

it('says what was refused, for programs and for people', async () => {
  const { port } = await serve()
  const req = request({ host: '127.0.0.1', port, headers: { host: 'evil.example' } }).end()
  const [res] = await once(req, 'response')
  let body = ''
  for await (const chunk of res) body += chunk
  expect(JSON.parse(body)).toMatchObject({
    status: 403,
    code: 'host_refused',
    detail: expect.stringContaining('ALLOWED_HOSTS'),
    error: { code: 'host_refused' },
  })
})
