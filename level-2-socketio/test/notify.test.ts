import { describe, expect, it } from 'vitest'
import { comeBack, enterThroughProxy } from './support/lost-connection.ts'
import { settle, startServer } from './support/server.ts'

async function notify(url: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/notify`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}

const refused = (status: number, code: string) => ({
  status,
  body: { error: { code, message: expect.any(String) } },
})

describe('POST /notify', () => {
  it('reaches every socket, and says how many there were', async () => {
    const { url, enter } = await startServer()
    const alice = await enter('alice')
    const tab = await enter('alice', { sessionId: alice.session.sessionId })
    const bob = await enter('bob')
    expect(await notify(url, { text: 'Lunch' })).toEqual({ status: 202, body: { delivered: 3, held: 0 } })
    const arrived = await Promise.all([alice, tab, bob].map((client) => client.next('notification:new')))
    expect(arrived[0]).toEqual({ id: expect.any(String), from: null, text: 'Lunch', at: expect.any(String) })
    expect(new Set(arrived.map(({ id }) => id)).size).toBe(1)
  })

  it('reaches all tabs of one user, and nobody else', async () => {
    const { url, enter } = await startServer()
    const alice = await enter('Alice')
    const tab = await enter('Alice', { sessionId: alice.session.sessionId })
    const bob = await enter('bob')
    expect(await notify(url, { text: 'Your order left', to: 'aLICE' })).toEqual({
      status: 202,
      body: { delivered: 2, held: 0 },
    })
    await alice.next('notification:new', { text: 'Your order left' })
    await tab.next('notification:new', { text: 'Your order left' })
    await settle(alice, bob)
    expect(bob.got('notification:new')).toEqual([])
  })

  it('is kept for a user whose connection is lost, and says for how many it is', async () => {
    const server = await startServer()
    const { proxy, client: alice } = await enterThroughProxy(server, 'alice')
    comeBack(alice)
    const bob = await server.enter('bob')
    proxy.reachable = false
    proxy.cut()
    await bob.next('user:left')
    const say = (body: object) => notify(server.url, body)
    expect(await say({ text: 'to alice', to: 'alice' })).toEqual({
      status: 202,
      body: { delivered: 0, held: 1 },
    })
    expect(await say({ text: 'to all' })).toEqual({ status: 202, body: { delivered: 1, held: 1 } })
    proxy.reachable = true
    await alice.next('session')
    expect(alice.got('notification:new').map(({ text }) => text)).toEqual(['to alice', 'to all'])
    expect(await say({ text: 'back', to: 'alice' })).toEqual({ status: 202, body: { delivered: 1, held: 0 } })
  })

  it('reaches nobody when nobody is there', async () => {
    const { url } = await startServer()
    expect(await notify(url, { text: 'Anyone?' })).toEqual({ status: 202, body: { delivered: 0, held: 0 } })
  })

  it('says so when the user is not online', async () => {
    const { url, enter } = await startServer()
    const bob = await enter('bob')
    for (const to of ['alice', '__proto__', 'constructor', bob.session.sessionId, bob.socket.id]) {
      expect(await notify(url, { text: 'hi', to })).toEqual(refused(404, 'user_offline'))
    }
    bob.socket.disconnect()
    await expect.poll(() => notify(url, { text: 'hi', to: 'bob' })).toEqual(refused(404, 'user_offline'))
  })

  it.each([
    ['no JSON', '{"text":'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', []],
    ['a text', '"hello"'],
    ['no text', {}],
    ['an empty text', { text: '' }],
    ['a number for a text', { text: 5 }],
    ['2,001 characters', { text: 'x'.repeat(2_001) }],
    ['a number for a user', { text: 'x', to: 5 }],
    ['an object for a user', { text: 'x', to: { $ne: '' } }],
    ['an empty name', { text: 'x', to: '' }],
  ])('refuses %s', async (_what, body) => {
    const { url, enter } = await startServer()
    const alice = await enter('alice')
    expect(await notify(url, body)).toEqual(refused(400, 'bad_payload'))
    await settle(alice)
    expect(alice.got('notification:new')).toEqual([])
  })

  it('refuses what is not UTF-8, and what is too much', async () => {
    const { url } = await startServer()
    const bytes = await fetch(`${url}/notify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Uint8Array([0x22, 0xff, 0x22]),
    })
    expect(bytes.status).toBe(400)
    expect(await notify(url, { text: 'x'.repeat(70_000) })).toEqual(refused(413, 'too_large'))
  })

  it('takes JSON only, so that no foreign form can send it', async () => {
    const { url } = await startServer()
    const body = JSON.stringify({ text: 'x' })
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', '']) {
      expect(await notify(url, body, { 'content-type': type })).toEqual(refused(415, 'not_json'))
    }
    const typed = { 'content-type': 'Application/JSON; charset=utf-8' }
    expect(await notify(url, body, typed)).toMatchObject({ status: 202 })
  })

  it('refuses a foreign page, and look-alikes of the own one', async () => {
    const { url } = await startServer({ allowedOrigins: ['https://friend.example'] })
    for (const origin of ['https://evil.example', `${url}.evil.example`, 'null', `${url}0`]) {
      expect(await notify(url, { text: 'x' }, { origin })).toEqual(refused(403, 'origin_refused'))
    }
    for (const origin of [url, 'https://friend.example']) {
      expect(await notify(url, { text: 'x' }, { origin })).toMatchObject({ status: 202 })
    }
  })

  it('answers the browser of a friendly page that asks first, and no other', async () => {
    const { url } = await startServer({ allowedOrigins: ['https://friend.example'] })
    const ask = async (origin: string) => {
      const { status, headers } = await fetch(`${url}/notify`, { method: 'OPTIONS', headers: { origin } })
      return [status, headers.get('access-control-allow-origin'), headers.get('access-control-allow-headers')]
    }
    expect(await ask('https://friend.example')).toEqual([204, 'https://friend.example', 'content-type'])
    expect(await ask('https://evil.example')).toEqual([405, null, null])
    const polling = await fetch(`${url}/socket.io/?EIO=4&transport=polling`, {
      headers: { origin: 'https://friend.example' },
    })
    expect(polling.headers.get('access-control-allow-origin')).toBe('https://friend.example')
  })

  it('is no page: any other method is refused', async () => {
    const { url } = await startServer()
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const response = await fetch(`${url}/notify`, { method })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
    }
  })
})

describe('the server', () => {
  it('answers that it is well, and that there is nothing elsewhere', async () => {
    const { url } = await startServer()
    const health = await fetch(`${url}/healthz`)
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }])
    expect((await fetch(`${url}/nothing`)).status).toBe(404)
    expect((await fetch(`${url}/socket.io/socket.io.js`)).status).not.toBe(200)
  })
})
