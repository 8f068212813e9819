import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { badBodies, id, type Target } from './support/bad-bodies.ts'
import { newPerson, request } from './support/person.ts'
import { serverForAll } from './support/server.ts'

const routes: Target[] = [
  {
    route: 'POST /api/auth/register',
    valid: { username: 'someone', password: 'password123', email: 'a@b.example' },
  },
  { route: 'POST /api/auth/login', valid: { username: 'someone', password: 'password123' } },
  {
    route: 'POST /api/notifications',
    valid: { to: 'me', type: 'system', title: 't', message: 'm', actionUrl: '/', metadata: {} },
    fine: { metadata: [{}, { toString: 'x' }, { length: 3 }] },
  },
  { route: `PATCH /api/notifications/${id}`, valid: { read: true }, fine: { read: [true, false] } },
  { route: 'POST /api/rooms', valid: { name: 'a room' } },
  { route: 'POST /api/rooms/kitchen/messages', valid: { text: 'hello' } },
]

describe('bad input over REST', () => {
  const server = serverForAll()

  async function counts(): Promise<number[]> {
    const { User, Notification, Room, RoomMessage, IdempotencyKey } = server().models
    const models = [User.countDocuments(), Notification.countDocuments(), Room.countDocuments()]
    return Promise.all([...models, RoomMessage.countDocuments(), IdempotencyKey.countDocuments()])
  }
  const expectProblem = (answer: Awaited<ReturnType<typeof request>>, status: number, code: string) => {
    expect(answer.body).toEqual({
      type: 'about:blank',
      title: expect.any(String),
      status,
      detail: expect.any(String),
      code,
    })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
    expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|\.ts:|at Object|Mongo/)
  }

  it.each(routes)('is refused by $route, and changes nothing', async (target) => {
    const person = await newPerson(server())
    const before = await counts()
    const [method = '', path = ''] = target.route.split(' ')
    for (const body of badBodies(target)) {
      expectProblem(await person.api(method, path, body), 400, 'bad_payload')
    }
    expect(await counts()).toEqual(before)
    expect(server().logged).toEqual([])
  })

  it.each(routes)('that is no object at all is refused by $route', async ({ route }) => {
    const person = await newPerson(server())
    const [method = '', path = ''] = route.split(' ')
    for (const body of ['[]', '[{}]', '{}'])
      expectProblem(await person.api(method, path, body), 400, 'bad_payload')
    for (const body of ['null', '5', '"text"', '{"a":', 'hello', '\u0000']) {
      expectProblem(await person.api(method, path, body), 400, 'bad_json')
    }
    const large = JSON.stringify({ text: 'x'.repeat(70_000) })
    expectProblem(await person.api(method, path, large), 413, 'too_large')
    const asText = { 'content-type': 'text/plain' }
    expectProblem(await person.api(method, path, '{}', asText), 415, 'unsupported_media_type')
    const asForm = { 'content-type': 'application/x-www-form-urlencoded' }
    expectProblem(await person.api(method, path, 'a=1', asForm), 415, 'unsupported_media_type')
    const latin1 = { 'content-type': 'application/json; charset=latin1' }
    expectProblem(await person.api(method, path, '{}', latin1), 415, 'unsupported_media_type')
  })

  it.each([
    ['an operator as a name', { $set: 1 }],
    ['a dot in a name', { 'a.b': 1 }],
    ['an operator deep inside', { a: [{ b: { $ne: 1 } }] }],
    ['a zero byte in a name', { 'a\u0000b': 1 }],
    ['more than it may hold', { a: 'x'.repeat(5_000) }],
  ])('as metadata with %s is refused', async (_what, metadata) => {
    const person = await newPerson(server())
    const body = { to: 'me', title: 't', message: 'm', metadata }
    expectProblem(await person.api('POST', '/api/notifications', body), 400, 'bad_payload')
  })

  it.each([
    ['names __proto__', '{"a":{"__proto__":{"admin":true}}}'],
    ['names _bsontype', '{"a":[{"_bsontype":"ObjectId"}]}'],
    ['holds half a surrogate pair', '{"a":"\\ud800"}'],
    ['nests without end', `${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`],
  ])('as metadata that %s is refused, not dropped', async (_what, metadata) => {
    const person = await newPerson(server())
    const body = `{"to":"me","title":"t","message":"m","metadata":${metadata}}`
    expectProblem(await person.api('POST', '/api/notifications', body), 400, 'bad_payload')
  })

  it('on unknown paths and with other methods is told so', async () => {
    const person = await newPerson(server())
    expectProblem(await person.api('GET', '/api/nonsense'), 404, 'not_found')
    expectProblem(await person.api('GET', '/nonsense'), 404, 'not_found')
    const put = await person.api('PUT', '/api/notifications', {})
    expectProblem(put, 405, 'method_not_allowed')
    expect(put.headers.get('allow')).toBe('POST, GET, DELETE')
    expectProblem(await person.api('GET', '/api/notifications/%E0%A4%A'), 400, 'bad_request')
  })

  it('below HTTP harms nobody', async () => {
    const { port, hostname } = new URL(server().url)
    for (const garbage of [
      'GET\r\n\r\n',
      '\u0000\u0001\u0002',
      'GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n',
    ]) {
      const socket = connect(Number(port), hostname)
      socket.on('error', () => undefined)
      socket.end(garbage)
      await new Promise((resolve) => socket.resume().once('close', resolve))
    }
    expect((await request(server().url, 'GET', '/healthz')).body).toEqual({ status: 'ok' })
  })
})
