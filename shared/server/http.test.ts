import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { closeHttpServer, createHttpServer, type Handler, refuseUpgrade } from './http.ts'
import { HttpError, readText, sendJson } from './respond.ts'

async function serve(handler: Handler) {
  const errors: string[] = []
  const quiet = () => undefined
  const log = { debug: quiet, info: quiet, warn: quiet, error: (line: string) => errors.push(line) }
  const server = createHttpServer(handler, log)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => closeHttpServer(server, 0))
  const { port } = server.address() as AddressInfo
  return { server, port, url: `http://127.0.0.1:${port}`, errors }
}

async function dial(port: number, text: string) {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => {
    socket.destroy()
  })
  let received = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    received += chunk
  })
  await once(socket, 'connect')
  socket.write(text)
  return { socket, received: () => received }
}

describe('createHttpServer', () => {
  it('answers an HttpError with its status, code, message and headers', async () => {
    const { url, errors } = await serve(() => {
      throw new HttpError(409, 'taken', 'That is taken.', { 'x-hint': 'try another' })
    })
    const response = await fetch(url)
    expect(response.status).toBe(409)
    expect(response.headers.get('x-hint')).toBe('try another')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({ error: { code: 'taken', message: 'That is taken.' } })
    expect(errors).toEqual([])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('secret detail')
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('secret detail')
      },
    ],
  ])('answers a plain 500 when the handler %s, and logs why without the query', async (_name, handler) => {
    const { url, errors } = await serve(handler)
    const response = await fetch(`${url}/path?token=secret`)
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('secret')
    expect(errors).toEqual(['GET /path failed: Error: secret detail'])
  })

  it('ends the connection when it fails in the middle of an answer', async () => {
    const { url } = await serve((_req, res) => {
      res.writeHead(200, { 'content-length': '100' })
      res.write('half')
      throw new Error('broken')
    })
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow()
  })

  it('reads and throws away the rest of a body that was refused: the next request is answered', async () => {
    const { port } = await serve(async (req, res) => {
      if (req.method === 'GET') return sendJson(res, 200, { next: true })
      await readText(req, 10)
    })
    const chunk = `2710\r\n${'x'.repeat(10_000)}\r\n`
    const post = `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(50)}0\r\n\r\n`
    const { received } = await dial(port, `${post}GET / HTTP/1.1\r\nHost: a\r\n\r\n`)
    await expect.poll(received).toContain('{"next":true}')
    expect(received()).toMatch(/^HTTP\/1.1 413 /)
  })
})

describe('readText', () => {
  const echo: Handler = async (req, res) => sendJson(res, 200, await readText(req, 8))
  const post = (url: string, body: BodyInit) => fetch(url, { method: 'POST', body })

  it('reads UTF-8, a byte order mark included, up to the limit', async () => {
    const { url } = await serve(echo)
    expect(await (await post(url, Buffer.from('\ufeffäöx'))).json()).toBe('\ufeffäöx')
    expect(await (await post(url, '')).json()).toBe('')
  })

  it('refuses one byte more with 413, and bytes that are no UTF-8 with 400', async () => {
    const { url } = await serve(echo)
    expect((await post(url, 'x'.repeat(9))).status).toBe(413)
    const withoutLength = {
      method: 'POST',
      body: new Blob(['x'.repeat(9)]).stream(),
      duplex: 'half',
    } as const
    expect((await fetch(url, withoutLength)).status).toBe(413)
    expect((await post(url, Buffer.from([0xff]))).status).toBe(400)
  })
})

describe('refuseUpgrade', () => {
  it('says why as HTTP, and hangs up although the peer does not', async () => {
    const { server, port } = await serve((_req, res) => sendJson(res, 200, {}))
    server.on('upgrade', (_req, socket) => refuseUpgrade(socket, 403, 'no', 'Not “you”.'))
    const { socket, received } = await dial(
      port,
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
    )
    await once(socket, 'end')
    expect(received()).toMatch(
      /^HTTP\/1\.1 403 Forbidden\r\n.*\r\n\r\n\{"error":\{"code":"no","message":"Not “you”."\}\}$/s,
    )
    await expect
      .poll(() => new Promise((done) => server.getConnections((_error, count) => done(count))))
      .toBe(0)
  })
})

describe('closeHttpServer', () => {
  it('lets a request that is being answered finish', async () => {
    let finish: () => void = () => undefined
    const { server, url } = await serve((_req, res) => {
      finish = () => sendJson(res, 200, 'done')
    })
    const answer = fetch(url)
    await once(server, 'request')
    const closed = closeHttpServer(server, 5_000)
    finish()
    expect(await (await answer).json()).toBe('done')
    await closed
    await expect(fetch(url)).rejects.toThrow()
  })

  it('ends a request that hangs when the time is over', async () => {
    const { server, url } = await serve(() => undefined)
    const answer = expect(fetch(url)).rejects.toThrow()
    await once(server, 'request')
    await closeHttpServer(server, 50)
    await answer
  })

  it('does nothing when the server does not listen', async () => {
    const { server } = await serve(() => undefined)
    await closeHttpServer(server)
    await closeHttpServer(server)
    expect(server.listening).toBe(false)
  })
})
