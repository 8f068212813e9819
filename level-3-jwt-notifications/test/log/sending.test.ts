import mongoose from 'mongoose'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { newPerson, type Person, request } from '../support/person.ts'
import { serverForAll, startServer, type TestServer } from '../support/server.ts'

const text = { title: 'Hello', message: 'there' }

describe('sending a notification', () => {
  const server = serverForAll()
  const post = (person: Person, body: unknown, headers?: Record<string, string>) =>
    person.api('POST', '/api/notifications', body, headers)

  it('puts it into the recipient’s log and answers with it', async () => {
    const [from, to] = [await newPerson(server()), await newPerson(server())]
    const { status, body } = await post(from, {
      to: to.username.toUpperCase(),
      ...text,
      actionUrl: '/orders/7?x=1#top',
      metadata: { order: 7, tags: ['a', null] },
    })
    expect(status).toBe(201)
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      seq: 1,
      type: 'message',
      ...text,
      actionUrl: '/orders/7?x=1#top',
      metadata: { order: 7, tags: ['a', null] },
      from: from.username,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    })
    const log = await to.api('GET', '/api/notifications')
    expect(log.body).toEqual({ items: [body], unread: 1, nextBefore: null })
    expect((await to.api('GET', `/api/notifications/${body.id}`)).body).toEqual(body)
  })

  it('to a name that nobody has is a 404', async () => {
    const { status, body } = await post(await newPerson(server()), { to: 'nobody-here', ...text })
    expect([status, body.code]).toEqual([404, 'user_not_found'])
  })

  it('of another type than "message" goes to oneself; to others only from admins', async () => {
    const [user, other] = [await newPerson(server()), await newPerson(server())]
    const admin = await newPerson(server(), { role: 'admin' })
    const order = { type: 'order.shipped', ...text }
    expect((await post(user, { to: 'me', ...order })).status).toBe(201)
    expect((await post(user, { to: user.username, ...order })).status).toBe(201)
    const refused = await post(user, { to: other.username, ...order })
    expect([refused.status, refused.body.code]).toEqual([403, 'type_not_allowed'])
    expect((await post(admin, { to: other.username, ...order })).status).toBe(201)
  })

  it('to everyone is for admins, reaches each once, and says how many', async () => {
    const users = [await newPerson(server()), await newPerson(server())]
    const admin = await newPerson(server(), { role: 'admin' })
    const refused = await post(users[0] ?? admin, { to: '*', ...text })
    expect([refused.status, refused.body.code]).toEqual([403, 'admins_only'])

    const { status, body } = await post(admin, { to: '*', type: 'promotion', title: 'Sale', message: 'now' })
    expect([status, body]).toEqual([201, { recipients: await server().models.User.countDocuments() }])
    for (const person of [...users, admin]) {
      const { items } = (await person.api('GET', '/api/notifications')).body
      expect(items).toMatchObject([{ type: 'promotion', title: 'Sale', from: admin.username }])
    }
  })

  it.each([
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'data:text/html,x',
    'http://insecure.example/',
    '//other.example/',
    '/\\other.example/',
    '\\\\other.example',
    'https://user:password@bank.example/',
    'https:relative',
    'orders/7',
    '',
    '/\t/other.example',
  ])('never links to %j', async (actionUrl) => {
    const { status, body } = await post(await newPerson(server()), { to: 'me', ...text, actionUrl })
    expect([status, body.code]).toEqual([400, 'bad_payload'])
    expect(body.detail).toMatch(/^actionUrl: /)
  })
})

describe('an Idempotency-Key', () => {
  const server = serverForAll()
  let other: TestServer | undefined
  afterAll(() => other?.close())
  const post = (person: Person, body: unknown, key: string, url = server().url) =>
    request(url, 'POST', '/api/notifications', body, {
      authorization: `Bearer ${person.token}`,
      'idempotency-key': key,
    })
  const count = (person: Person) => server().models.Notification.countDocuments({ userId: person.id })

  it('makes a repeat give the same notification, stored and shown once', async () => {
    const person = await newPerson(server())
    const tab = await person.tab()
    const first = await post(person, { to: 'me', ...text }, 'key 1')
    const second = await post(person, { to: 'me', ...text }, 'key 1')
    expect(first.status).toBe(201)
    expect([200, 201]).toContain(second.status)
    expect(second.body).toEqual(first.body)
    await person.send('me', 'afterwards')
    await tab.next('notification:new', ({ title }) => title === 'afterwards')
    expect(tab.heard('notification:new')).toHaveLength(2)
  })

  it('reaches who is online also when the database’s answer to the first request got lost', async () => {
    const person = await newPerson(server())
    const tab = await person.tab()
    const { collection } = server().models.Notification
    const insertOne = collection.insertOne.bind(collection)
    const losing = vi.spyOn(collection, 'insertOne').mockImplementationOnce(async (...args) => {
      await insertOne(...args)
      throw new mongoose.mongo.MongoNetworkError('connection reset')
    })
    expect((await post(person, { to: 'me', ...text }, 'lost')).status).toBe(503)
    losing.mockRestore()
    const { status, body } = await post(person, { to: 'me', ...text }, 'lost')
    expect(status).toBe(201)
    expect(await tab.next('notification:new')).toEqual(body)
    expect(await count(person)).toBe(1)
  })

  it('tells the sender nothing about what the recipient did with it', async () => {
    const [from, to] = [await newPerson(server()), await newPerson(server())]
    const first = await post(from, { to: to.username, ...text }, 'private')
    const url = `/api/notifications/${first.body.id}`
    await to.api('PATCH', url, { read: true })
    expect((await post(from, { to: to.username, ...text }, 'private')).body).toEqual(first.body)
    await to.api('DELETE', url)
    expect((await post(from, { to: to.username, ...text }, 'private')).body).toEqual(first.body)
    expect((await to.api('GET', '/api/notifications')).body.items).toEqual([])
  })

  it('holds for requests at the same moment, on two instances', async () => {
    other ??= await startServer({ mongoUri: server().mongoUri })
    const urls = [server().url, other.url]
    const person = await newPerson(server())
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => post(person, { to: 'me', ...text }, 'same moment', urls[n % 2])),
    )
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect(await count(person)).toBe(1)
  })

  it('is its sender’s own', async () => {
    const [one, two] = [await newPerson(server()), await newPerson(server())]
    await post(one, { to: 'me', ...text }, 'shared')
    await post(two, { to: 'me', ...text }, 'shared')
    expect([await count(one), await count(two)]).toEqual([1, 1])
  })

  it('used for another request is refused, and stores nothing', async () => {
    const person = await newPerson(server())
    await post(person, { to: 'me', ...text }, 'reused')
    const { status, body } = await post(person, { to: 'me', title: 'Other', message: 'text' }, 'reused')
    expect([status, body.code]).toEqual([422, 'idempotency_key_reused'])
    expect(await count(person)).toBe(1)
  })

  it('is forgotten after a day, swept or not', async () => {
    const person = await newPerson(server())
    await post(person, { to: 'me', ...text }, 'yesterday')
    await server().models.IdempotencyKey.updateOne(
      { _id: `${person.id}:yesterday` },
      { $set: { createdAt: new Date(Date.now() - 86_400_001) } },
    )
    expect((await post(person, { to: 'me', ...text }, 'yesterday')).status).toBe(201)
    expect(await count(person)).toBe(2)
  })

  it('lets a broadcast that broke off be completed: everyone has it once', async () => {
    const [reached, missed] = [await newPerson(server()), await newPerson(server())]
    const admin = await newPerson(server(), { role: 'admin' })
    const first = await post(admin, { to: '*', ...text }, 'broadcast')
    // As a crash half way would leave it.
    await server().models.Notification.deleteMany({ userId: missed.id })
    const late = await newPerson(server())

    other ??= await startServer({ mongoUri: server().mongoUri })
    const second = await post(admin, { to: '*', ...text }, 'broadcast', other.url)
    expect(second.body).toEqual(first.body)
    expect([await count(reached), await count(missed), await count(late)]).toEqual([1, 1, 0])
  })

  it.each([
    ['empty', ' '],
    ['too long', 'x'.repeat(201)],
  ])('that is %s is a 400', async (_what, key) => {
    const person = await newPerson(server())
    expect((await post(person, { to: 'me', ...text }, key)).status).toBe(400)
    expect(await count(person)).toBe(0)
  })
})
