import { once } from 'node:events'
import http, { createServer, type RequestListener } from 'node:http'
import net, { type AddressInfo, type Server } from 'node:net'
import { createLog } from '@levels/shared/server/log.ts'
import { afterEach, expect, test, vi } from 'vitest'
import { createBalancer, type Target } from '../../dev/balancer.ts'

const host = '127.0.0.1'
/** For targets that do not speak HTTP. */
const NEVER = 3_600_000
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

test('visitors are spread over the instances in turn', async () => {
  const port = await balance([await instance('app1'), await instance('app2')])
  expect([await get(port), await get(port), await get(port), await get(port)]).toEqual([
    'app1',
    'app2',
    'app1',
    'app2',
  ])
})

test('an instance that is gone is passed over at once', async () => {
  const port = await balance([await goneInstance(), await instance('app2')])
  expect([await get(port), await get(port), await get(port)]).toEqual(['app2', 'app2', 'app2'])
})

test('an instance that is not ready gets no visitors until it is', async () => {
  let ready = false
  const port = await balance([await instance('app1', () => ready), await instance('app2')])
  await vi.waitFor(async () => {
    expect([await get(port), await get(port), await get(port), await get(port)]).not.toContain('app1')
  })
  ready = true
  await vi.waitFor(async () => expect([await get(port), await get(port)]).toContain('app1'))
})

test.skipIf(!(await hasIPv6()))(
  'instances at an IPv6 address are asked whether they are ready, too',
  async () => {
    const targets = [await instance('app1', () => false, '::1'), await instance('app2', () => true, '::1')]
    const port = await balance(targets)
    await vi.waitFor(async () => {
      expect([await get(port), await get(port), await get(port), await get(port)]).not.toContain('app1')
    })
  },
)

test('when no instance is ready, those that still take connections are better than none', async () => {
  const port = await balance([await goneInstance(), await instance('app2', () => false)])
  await new Promise((resolve) => setTimeout(resolve, 100)) // several probes
  expect(await get(port)).toBe('app2')
})

test('a visitor who comes while no instance is there waits for one', async () => {
  const gone = await goneInstance()
  const port = await balance([gone], NEVER, 15_000)
  const answer = get(port)
  await once(net.connect({ host, port }), 'connect') // the balancer has taken the visitor before
  const server = createServer((_req, res) => res.end('back'))
  server.listen(gone.port, host)
  closing.push(() => server.close())
  expect(await answer).toBe('back')
})

test('with no instance at all a visitor gets a 503 that says so, as a problem document', async () => {
  const port = await balance([await goneInstance()], NEVER, 300)
  const answer = await fetch(`http://${host}:${port}/`)
  expect(answer.status).toBe(503)
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(answer.headers.get('retry-after')).toBe('2')
  expect(await answer.json()).toMatchObject({ status: 503, code: 'no_instance' })
})

test('a megabyte goes through both ways unchanged, and a half-closed connection still gets its answer', async () => {
  const sent = Buffer.alloc(1_000_000, 'level four ')
  const echo = net.createServer({ allowHalfOpen: true }, (socket) => {
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk)).on('end', () => socket.end(Buffer.concat(chunks)))
  })
  const port = await balance([await listen(echo)], NEVER)
  const client = net.connect({ host, port, allowHalfOpen: true })
  client.end(sent)
  const chunks: Buffer[] = []
  for await (const chunk of client) chunks.push(chunk)
  expect(Buffer.concat(chunks).equals(sent)).toBe(true)
})

test('a visitor that does not read slows the instance down instead of filling memory', async () => {
  const total = 200_000_000
  let written = 0
  const flood = net.createServer((socket) => {
    const chunk = Buffer.alloc(100_000)
    const write = () => {
      while (written < total) {
        written += chunk.length
        if (!socket.write(chunk)) return
      }
    }
    socket.on('drain', write).on('error', () => socket.destroy())
    write()
  })
  const port = await balance([await listen(flood)], NEVER)
  const client = net.connect({ host, port })
  await once(client, 'connect')
  client.pause()
  let before = -1
  await vi.waitFor(
    () => {
      const stalled = written === before && written > 0
      before = written
      expect(stalled).toBe(true)
    },
    { interval: 200 },
  )
  expect(written).toBeLessThan(30_000_000) // what the system itself buffers on the way
  client.destroy()
})

test('when an instance dies its visitors notice at once', async () => {
  const sockets: net.Socket[] = []
  const server = net.createServer((socket) => {
    sockets.push(socket)
    socket.write('hello')
  })
  const port = await balance([await listen(server)], NEVER)
  const client = net.connect({ host, port }).on('error', () => client.destroy())
  await once(client, 'data')
  const closed = new Promise((resolve) => client.once('close', resolve))
  for (const socket of sockets) socket.resetAndDestroy()
  await closed
})

test('closing ends open connections', async () => {
  const target = await listen(net.createServer((socket) => socket.write('hello')))
  const balancer = createBalancer([target], createLog('silent'))
  const { port } = await listen(balancer.server)
  const client = net.connect({ host, port }).on('error', () => client.destroy())
  await once(client, 'data')
  const closed = new Promise((resolve) => client.once('close', resolve))
  await balancer.close()
  await closed
})

async function balance(targets: Target[], probeMs = 20, patienceMs = 5_000): Promise<number> {
  const balancer = createBalancer(targets, createLog('silent'), { probeMs, patienceMs })
  closing.push(balancer.close)
  const { port } = await listen(balancer.server)
  return port
}

function instance(name: string, isReady = () => true, at = host): Promise<Target> {
  const answer: RequestListener = (req, res) => {
    res.statusCode = req.url === '/readyz' && !isReady() ? 503 : 200
    res.end(name)
  }
  return listen(createServer(answer), at)
}

async function hasIPv6(): Promise<boolean> {
  const server = net.createServer().listen(0, '::1')
  return once(server, 'listening').then(
    () => {
      server.close()
      return true
    },
    () => false,
  )
}

/** A port that nobody listens on. */
async function goneInstance(): Promise<Target> {
  const server = net.createServer()
  const target = await listen(server)
  server.close()
  await once(server, 'close')
  return target
}

async function listen(server: Server, at = host): Promise<Target> {
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket: net.Socket) => sockets.add(socket))
  server.listen(0, at)
  await once(server, 'listening')
  closing.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { host: at, port: (server.address() as AddressInfo).port }
}

/** Asks on a connection of its own. */
async function get(port: number): Promise<string> {
  const request = http.get({ host, port, agent: false })
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  return (await response.setEncoding('utf8').toArray()).join('')
}
