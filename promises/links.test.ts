import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHistory } from './history.ts'
import { type Link, openLink } from './links.ts'

let server: Server
let link: Link
/** The server's ends, in the order in which they came. */
let ends: Socket[]
let target: string

beforeEach(async () => {
  ends = []
  server = createServer({ allowHalfOpen: true }, (socket) => {
    ends.push(socket.on('error', () => socket.destroy()))
    socket.on('data', (data) => socket.write(data)) // an echo
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  target = `http://localhost:${(server.address() as AddressInfo).port}`
  link = await openLink({ targets: [target] })
})
afterEach(() => {
  link.close()
  server.close()
  for (const end of ends) end.destroy()
})

/** A client on the link, and all that it has got. */
async function openClient(): Promise<{ socket: Socket; got(): string; says(text: string): Promise<void> }> {
  const socket = connect(link.port, '127.0.0.1')
  let text = ''
  socket.on('data', (data) => {
    text += data
  })
  await once(socket, 'connect')
  socket.on('error', () => socket.destroy())
  return {
    socket,
    got: () => text,
    async says(said) {
      socket.write(said)
      await expect.poll(() => text).toContain(said)
    },
  }
}

/** An error before it is the failure under test. */
const gone = (socket: Socket | undefined) => new Promise((resolve) => socket?.on('close', resolve))

describe('a link', () => {
  it('passes everything on in both directions', async () => {
    const client = await openClient()
    await client.says('hello')
    expect(link.connections).toBe(1)
    expect(link.target).toBe(target)
  })

  it('is cut for those who are on it, and open to the next', async () => {
    const client = await openClient()
    await client.says('a')
    const closed = [gone(client.socket), gone(ends[0])]
    link.cut()
    await Promise.all(closed)
    await (await openClient()).says('b')
  })

  it('lets nobody through while it is down', async () => {
    link.down()
    await expect(openClient()).rejects.toThrow('ECONNRESET')
    link.up()
    await (await openClient()).says('c')
  })

  it('holds back what comes while it is frozen, and passes it on in order', async () => {
    const client = await openClient()
    await client.says('a')
    link.freeze()
    client.socket.write('b')
    ends[0]?.write('from the server ')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(client.got()).toBe('a')
    link.thaw()
    await expect.poll(client.got).toBe('afrom the server b')
  })

  it('freezes one direction only when told so', async () => {
    const client = await openClient()
    await client.says('a')
    link.freeze('to the server')
    client.socket.write('b')
    ends[0]?.write('unasked')
    await expect.poll(client.got).toBe('aunasked')
    link.thaw()
    await expect.poll(client.got).toBe('aunaskedb')
  })

  it('tells when the server ends a frozen connection, and does not tell the client', async () => {
    const client = await openClient()
    await client.says('a')
    link.freeze()
    const ended = link.endedByServer()
    ends[0]?.destroy()
    await ended
    expect(client.socket.readyState).toBe('open')
  })

  it('slows both directions down', async () => {
    const client = await openClient()
    await client.says('a')
    link.slow(100)
    const began = performance.now()
    await client.says('b')
    expect(performance.now() - began).toBeGreaterThan(195)
  })

  it('closes the direction to the server only', async () => {
    const client = await openClient()
    await client.says('a')
    const ended = once(ends[0] as Socket, 'end')
    link.halfClose()
    await ended
    ends[0]?.write('still here')
    await expect.poll(client.got).toBe('astill here')
  })

  it('swallows the answer to what is asked next: the server got it, the client is cut', async () => {
    const client = await openClient()
    await client.says('a')
    const swallowed = link.swallowAnswer()
    const closed = gone(client.socket)
    client.socket.write('b')
    await Promise.all([swallowed, closed])
    expect(client.got()).toBe('a')
  })

  it('leads to the first target that takes the connection', async () => {
    const both = await openLink({ targets: ['http://localhost:1', target] })
    const socket = connect(both.port, '127.0.0.1')
    await once(socket, 'connect')
    await expect.poll(() => both.target).toBe(target)
    socket.destroy()
    both.close()
  })

  it('writes its faults down', async () => {
    const history = createHistory()
    const told = await openLink({ targets: [target], history, name: 'bob' })
    told.cut()
    told.slow(20)
    expect(history.entries).toMatchObject([
      { who: 'bob', what: 'cut' },
      { who: 'bob', what: 'slowed', note: '20 ms' },
    ])
    told.close()
  })
})
