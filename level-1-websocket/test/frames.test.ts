import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { connect } from './support/client.ts'
import { closeCodeIn, frame, upgradeRaw } from './support/raw.ts'
import { allGone, startServer, type TestServer } from './support/server.ts'

/** The server is as it was: no error, no socket left but this bystander's, who is served. */
async function expectUnharmed(server: TestServer): Promise<void> {
  await allGone(server)
  const bystander = await connect(server)
  bystander.socket.send('alive?')
  expect(String((await bystander.next()).data)).toBe('alive?')
  expect(server.clients.size).toBe(1)
  expect(server.errors).toEqual([])
}

describe('a frame that breaks the protocol closes that socket, and only that', () => {
  it.each([
    ['unmasked', frame(0x81, 'hello', false), 1002],
    ['with the first reserved bit', frame(0xc1, 'hello'), 1002],
    ['with the second reserved bit', frame(0xa1, 'hello'), 1002],
    ['with a data opcode that nobody knows', frame(0x83, 'hello'), 1002],
    ['with a control opcode that nobody knows', frame(0x8b, 'hello'), 1002],
    ['that continues nothing', frame(0x80, 'hello'), 1002],
    ['a ping of more than 125 bytes', frame(0x89, 'x'.repeat(126)), 1002],
    ['a ping in fragments', frame(0x09, 'x'), 1002],
    ['a close with half a code', frame(0x88, 'x'), 1002],
    ['a close with a code that may not be sent', frame(0x88, Buffer.from([0x03, 0xee])), 1002],
    ['a text that is not UTF-8', frame(0x81, Buffer.from([0xff, 0xfe])), 1007],
    ['that says it has 65,537 bytes', Buffer.from('81ff0000000000010001', 'hex'), 1009],
    ['that says it has 8 EiB', Buffer.from('81ff7fffffffffffffff', 'hex'), 1009],
  ])('%s', async (_name, bytes, code) => {
    const server = await startServer()
    const peer = await upgradeRaw(server)
    peer.tcp.write(bytes)
    const received = await peer.ended
    expect(closeCodeIn(received)).toBe(code)
    peer.tcp.destroy()
    await expectUnharmed(server)
  })

  it('random bytes', async () => {
    const server = await startServer()
    const peers = await Promise.all(Array.from({ length: 20 }, () => upgradeRaw(server)))
    for (const peer of peers) peer.tcp.end(randomBytes(2_000))
    await Promise.all(peers.map((peer) => peer.ended))
    for (const peer of peers) peer.tcp.destroy()
    await expectUnharmed(server)
  })

  it('a message in more fragments than anyone needs', async () => {
    const server = await startServer()
    const peer = await upgradeRaw(server)
    peer.tcp.write(frame(0x01, 'x'))
    peer.tcp.write(Buffer.concat(Array.from({ length: 20_000 }, () => frame(0x00))))
    expect(closeCodeIn(await peer.ended)).toBe(1008)
    peer.tcp.destroy()
    await expectUnharmed(server)
  })
})

describe('a message over MAX_MESSAGE_BYTES', () => {
  it.each([
    ['as text', 'x'.repeat(65_537)],
    ['as bytes', Buffer.alloc(65_537)],
    ['in bytes, though not in characters', 'é'.repeat(32_769)],
  ])('closes that socket with 1009, %s', async (_name, message) => {
    const server = await startServer()
    const client = await connect(server)
    client.socket.send(message)
    expect((await client.closed).code).toBe(1009)
    expect(client.waiting).toEqual([])
    await expectUnharmed(server)
  })

  it('closes that socket with 1009 in fragments, too, while the others are served', async () => {
    const server = await startServer()
    const [other, client] = [await connect(server), await connect(server)]
    client.socket.send('x'.repeat(40_000), { fin: false })
    client.socket.send('x'.repeat(40_000), { fin: true })
    expect((await client.closed).code).toBe(1009)
    other.socket.send('me?')
    expect(String((await other.next()).data)).toBe('me?')
  })

  it('is what the setting says', async () => {
    const server = await startServer({ maxMessageBytes: 10 })
    const client = await connect(server)
    client.socket.send('0123456789')
    expect(String((await client.next()).data)).toBe('0123456789')
    client.socket.send('0123456789x')
    expect((await client.closed).code).toBe(1009)
  })
})

describe('what is no JSON', () => {
  it.each(['{"half', '{}', '[]', 'null', '__proto__', '{"type":"notify"}'])(
    'is a text like any other: %s',
    async (text) => {
      const client = await connect(await startServer())
      client.socket.send(text)
      expect(String((await client.next()).data)).toBe(text)
    },
  )
})
