import { once } from 'node:events'
import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { connect } from './support/client.ts'
import { connectRaw } from './support/raw.ts'
import { startServer, type TestServer } from './support/server.ts'

async function notify({ url }: TestServer, body: BodyInit, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/notify`, { method: 'POST', body, headers })
  return { status: response.status, body: await response.json() }
}

describe('POST /notify', () => {
  it('sends the text to every open socket as one text message, and says to how many', async () => {
    const server = await startServer()
    const clients = [await connect(server), await connect(server), await connect(server)]
    expect(await notify(server, 'Lunch is ready')).toEqual({ status: 202, body: { delivered: 3 } })
    for (const client of clients) {
      const { data, isBinary } = await client.next()
      expect([String(data), isBinary]).toEqual(['Lunch is ready', false])
    }
  })

  it('is delivered to nobody when nobody is connected, and nobody gets it later', async () => {
    const server = await startServer()
    expect(await notify(server, 'too early')).toEqual({ status: 202, body: { delivered: 0 } })
    const late = await connect(server)
    late.socket.send('anything for me?')
    expect(String((await late.next()).data)).toBe('anything for me?')
  })

  it('does not count a socket that is closing', async () => {
    const server = await startServer()
    const [stays, leaves] = [await connect(server), await connect(server)]
    leaves.socket.close()
    await leaves.closed
    expect((await notify(server, 'still there?')).body).toEqual({ delivered: 1 })
    expect(String((await stays.next()).data)).toBe('still there?')
  })

  it.each([
    'application/x-www-form-urlencoded',
    'application/json',
    'text/plain; charset=latin1',
    'image/png',
  ])('takes the body as UTF-8 text although it claims to be %s', async (type) => {
    const server = await startServer()
    const client = await connect(server)
    expect((await notify(server, 'a=1&b=%20+ü', { 'content-type': type })).status).toBe(202)
    expect(String((await client.next()).data)).toBe('a=1&b=%20+ü')
  })

  it('takes the body verbatim: white space, line ends, NUL and a byte order mark stay', async () => {
    const server = await startServer()
    const client = await connect(server)
    const text = '\ufeff \r\n\thello \u0000 \n'
    expect((await notify(server, Buffer.from(text))).status).toBe(202)
    expect((await client.next()).data).toEqual(Buffer.from(text))
  })

  it('takes a body that comes in chunks, without a length, cut in the middle of a character', async () => {
    const server = await startServer()
    const client = await connect(server)
    const bytes = Buffer.from('grüße')
    const outgoing = request(`${server.url}/notify`, { method: 'POST' })
    const answered = new Promise<number | undefined>((resolve) => {
      outgoing.once('response', (response) => resolve(response.resume().statusCode))
    })
    outgoing.write(bytes.subarray(0, 3))
    outgoing.end(bytes.subarray(3))
    expect(await answered).toBe(202)
    expect(String((await client.next()).data)).toBe('grüße')
  })

  it.each([
    ['1 character', 'x', 202],
    ['1,024 characters', 'x'.repeat(1_024), 202],
    ['1,024 characters of three bytes each', '漢'.repeat(1_024), 202],
    ['512 emoji, two UTF-16 units each', '🚀'.repeat(512), 202],
    ['513 emoji', '🚀'.repeat(513), 413],
    ['1,025 characters', 'x'.repeat(1_025), 413],
    ['100 KB', 'x'.repeat(100_000), 413],
  ])('answers %s with its length in mind', async (_name, text, status) => {
    const server = await startServer()
    const client = await connect(server)
    expect((await notify(server, text)).status).toBe(status)
    // Whatever was refused was sent to nobody: the next thing that comes is this.
    if (status === 413) await notify(server, 'after')
    expect(String((await client.next()).data)).toBe(status === 202 ? text : 'after')
  })

  it('refuses an empty body with 400', async () => {
    const answer = await notify(await startServer(), '')
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'empty' } } })
  })

  it.each([
    ['a lone continuation byte', [0x80]],
    ['a character cut short', [0x68, 0xc3]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
  ])('refuses %s, which is not UTF-8, with 400', async (_name, bytes) => {
    const answer = await notify(await startServer(), Buffer.from(bytes))
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'not_utf8' } } })
  })

  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])(
    'refuses %s with 405 and says what to use',
    async (method) => {
      const { url } = await startServer()
      const response = await fetch(`${url}/notify`, { method })
      expect(response.status).toBe(405)
      expect(response.headers.get('allow')).toBe('POST')
      expect(response.headers.get('content-type')).toContain('application/json')
    },
  )

  it('answers 413 before an endless body ends, and the connection stays good for the next request', async () => {
    const server = await startServer()
    const peer = await connectRaw(server)
    const chunk = `1000\r\n${'x'.repeat(4_096)}\r\n`
    peer.tcp.write(`POST /notify HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`)
    await peer.until((received) => received.includes('413 Payload Too Large'))
    peer.tcp.write(`${chunk.repeat(200)}0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    expect(String(await peer.until((received) => received.includes('{"status":"ok"}')))).toContain('200 OK')
  })

  it('sends nothing and reports no error when the sender hangs up in the middle of the body', async () => {
    const server = await startServer()
    const client = await connect(server)
    const peer = await connectRaw(server)
    peer.tcp.write('POST /notify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf a mess')
    const [req] = await once(server.http, 'request')
    const gone = new Promise((resolve) => req.once('close', resolve))
    peer.tcp.resetAndDestroy()
    await gone
    await notify(server, 'whole')
    expect(String((await client.next()).data)).toBe('whole')
    expect(server.errors).toEqual([])
  })
})

describe('GET /healthz', () => {
  it('answers that all is well', async () => {
    const { url } = await startServer()
    const response = await fetch(`${url}/healthz?probe=1`)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ status: 'ok' })
  })
})

describe('any other path', () => {
  it.each(['/nothing', '/notify/', '/healthz/x', '/WS'])('%s is a JSON 404', async (path) => {
    const { url } = await startServer()
    const response = await fetch(`${url}${path}`, { method: 'POST', body: 'x' })
    expect(response.status).toBe(404)
    expect((await response.json()).error).toEqual({
      code: 'not_found',
      message: `There is nothing at ${path}.`,
    })
  })
})
