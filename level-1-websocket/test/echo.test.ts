import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { connect } from './support/client.ts'
import { connectRaw, frame, upgradeRequest } from './support/raw.ts'
import { startServer } from './support/server.ts'

describe('echo', () => {
  it.each([
    ['a text', 'hello'],
    ['every script and emoji', 'grüß Gott, 你好, 👩‍🚀, \u0000 and \ufeff'],
    ['an empty text', ''],
    ['a text as long as a message may be', 'é'.repeat(32_768)],
  ])('comes back as text, the same: %s', async (_name, text) => {
    const client = await connect(await startServer())
    client.socket.send(text)
    const { data, isBinary } = await client.next()
    expect(isBinary).toBe(false)
    expect(data.equals(Buffer.from(text))).toBe(true)
  })

  it.each([
    ['every byte there is', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
    ['no bytes', Buffer.alloc(0)],
    ['bytes that spell a text', Buffer.from('hello')],
    ['as many bytes as a message may have', randomBytes(65_536)],
  ])('comes back as bytes, the same: %s', async (_name, bytes) => {
    const client = await connect(await startServer())
    client.socket.send(bytes)
    const { data, isBinary } = await client.next()
    expect(isBinary).toBe(true)
    expect(data.equals(bytes)).toBe(true)
  })

  it('puts a message that came in fragments together, a ping between them included', async () => {
    const client = await connect(await startServer())
    client.socket.send('one ', { fin: false })
    client.socket.send('mess', { fin: false })
    client.socket.ping()
    client.socket.send('age', { fin: true })
    expect(String((await client.next()).data)).toBe('one message')
  })

  it('keeps the order of many messages', async () => {
    const client = await connect(await startServer())
    const sent = Array.from({ length: 500 }, (_, number) => String(number))
    for (const text of sent) client.socket.send(text)
    const came: string[] = []
    for (const _ of sent) came.push(String((await client.next()).data))
    expect(came).toEqual(sent)
  })

  it('goes to its sender only', async () => {
    const server = await startServer()
    const [sender, other] = [await connect(server), await connect(server)]
    sender.socket.send('mine')
    await sender.next()
    other.socket.send('theirs')
    expect(String((await other.next()).data)).toBe('theirs')
    expect(sender.waiting).toEqual([])
  })

  it('is all there is: nothing comes unasked on connect', async () => {
    const peer = await connectRaw(await startServer(), upgradeRequest())
    await peer.until((received) => received.includes('\r\n\r\n'))
    peer.tcp.write(frame(0x81, 'ping me'))
    const received = await peer.until((bytes) => bytes.includes('ping me'))
    // What follows the handshake's end is the echo and nothing else.
    const afterHandshake = received.subarray(received.indexOf('\r\n\r\n') + 4)
    expect(afterHandshake).toEqual(frame(0x81, 'ping me', false))
  })

  it('is not compressed: the server agrees to no extension', async () => {
    const client = await connect(await startServer(), { perMessageDeflate: true })
    expect(client.socket.extensions).toBe('')
  })
})
