import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { newPerson, type Person, request } from './support/person.ts'
import { serverForAll } from './support/server.ts'
import { connectTab, openTab } from './support/tab.ts'

/** One of every JSON type, and what attackers of MongoDB and JavaScript send. */
const values: unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  '',
  'x'.repeat(60_000),
  [],
  ['a'],
  [[['a']]],
  {},
  { $ne: null },
  { $gt: '' },
  { $where: 'sleep(1000)' },
  { toString: 'x' },
  { length: 3 },
]
const id = 'a'.repeat(24)

interface Target {
  route: string
  /** A request that would succeed. */
  valid: Record<string, unknown>
  /** Values of a field that are good after all. */
  fine?: Record<string, unknown[]>
}

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

const events: Target[] = [
  {
    route: 'notifications:fetch',
    valid: { before: 5, limit: 10, unread: true },
    fine: { unread: [true, false] },
  },
  { route: 'notification:mark-read', valid: { id, read: true }, fine: { read: [true, false] } },
  { route: 'notifications:mark-all-read', valid: {} },
  { route: 'notification:delete', valid: { id } },
  { route: 'notifications:seen', valid: { upTo: 1 }, fine: { upTo: [0] } },
  { route: 'room:send', valid: { room: 'kitchen', text: 'hello' } },
  { route: 'session:renew', valid: { token: 'x' } },
]

/** The valid request with one field replaced, for each field and each value; and with a field nobody knows. */
function badBodies({ valid, fine = {} }: Target): string[] {
  const replaced = Object.keys(valid).flatMap((field) =>
    values
      .filter((value) => !fine[field]?.some((good) => JSON.stringify(good) === JSON.stringify(value)))
      .map((value) => JSON.stringify({ ...valid, [field]: value })),
  )
  const inner = JSON.stringify(valid).slice(1, -1)
  const more = inner && `,${inner}`
  return [
    ...replaced,
    `{"unknown":1${more}}`,
    `{"__proto__":{"admin":true}${more}}`,
    `{"constructor":{"prototype":{"admin":true}}${more}}`,
    `{"$where":"1"${more}}`,
  ]
}

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

  it.each(routes)('is refused by $route, and changes nothing (30)', async (target) => {
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

describe('bad input over the socket', () => {
  const server = serverForAll()
  /** Twenty events a second are the limit, and these tests are about something else. */
  const freshTab = (person: Person) => person.tab()

  it.each(events)('is refused by $route, and the socket lives (13, 30)', async (target) => {
    const person = await newPerson(server())
    const bodies = badBodies(target).map((body) => JSON.parse(body.length > 20_000 ? '"cut"' : body))
    for (let start = 0; start < bodies.length; start += 15) {
      const tab = await freshTab(person)
      const answers = bodies.slice(start, start + 15).map((body) => tab.ask(target.route, body))
      for (const answer of await Promise.all(answers)) {
        expect(answer).toEqual({ ok: false, error: { code: 'bad_payload', message: expect.any(String) } })
      }
      tab.socket.disconnect()
    }
  })

  it('of any number of arguments, with or without an acknowledgement, harms nobody (13)', async () => {
    const person = await newPerson(server())
    const tab = await freshTab(person)
    const emit = tab.socket.emit.bind(tab.socket) as (event: string, ...args: unknown[]) => void
    emit('notifications:seen')
    emit('notifications:seen', null)
    emit('notifications:seen', { upTo: 1 }, 2, 3, 'four')
    emit('notification:delete', { id }, 'not a function')
    emit('__proto__', {})
    emit('constructor')
    emit('session:renew', Buffer.from('binary'))
    const onlyAck = await tab.ask('notifications:fetch')
    expect(onlyAck).toMatchObject({ ok: false, error: { code: 'bad_payload' } })
    for (const event of ['nonsense', '__proto__', 'toString', 'session:ready', 'notification:new']) {
      expect(await tab.ask(event, {})).toMatchObject({ ok: false, error: { code: 'unknown_event' } })
    }
    expect(await tab.ask('notifications:fetch', {})).toMatchObject({ ok: true })
    expect(server().logged).toEqual([])
  })

  it('in the handshake’s cursor is refused', async () => {
    const { token } = await newPerson(server())
    for (const after of ['5', -1, 1.5, { $gt: 0 }, [1], null, true, Number.MAX_VALUE]) {
      const { socket } = connectTab(server().url, { token, after })
      const error = await new Promise<Error & { data?: unknown }>((resolve) =>
        socket.once('connect_error', resolve),
      )
      expect(error.data).toMatchObject({ code: 'bad_payload' })
    }
  })

  it('coming faster than 20 events a second is refused, and only there', async () => {
    const person = await newPerson(server())
    const [flooding, calm] = [await person.tab(), await person.tab()]
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => flooding.ask('notifications:fetch', { limit: 1 })),
    )
    const refused = answers.filter((answer) => !answer.ok && answer.error.code === 'rate_limited')
    expect(refused.length).toBeGreaterThanOrEqual(60) // at most two seconds' worth gets through
    expect(await calm.ask('notifications:fetch', {})).toMatchObject({ ok: true })
  })

  it('larger than 64 KiB costs that socket only (14)', async () => {
    const person = await newPerson(server())
    const loud = await openTab(server().url, { token: person.token }, { reconnection: false })
    const other = await person.tab()
    const lost = loud.lost()
    loud.socket.emit('room:send', { room: 'kitchen', text: 'x'.repeat(70_000) }, () => undefined)
    await lost
    expect(await other.ask('notifications:fetch', {})).toMatchObject({ ok: true })
  })
})
