import { describe, expect, it } from 'vitest'
import type { NotificationPage } from '../../src/events.ts'
import { newPerson, type Person } from '../support/person.ts'
import { serverForAll } from '../support/server.ts'

describe('the log over REST', () => {
  const server = serverForAll()

  async function list(person: Person, query = ''): Promise<NotificationPage> {
    const { status, body } = await person.api('GET', `/api/notifications${query}`)
    expect(status).toBe(200)
    return body as unknown as NotificationPage
  }
  const numbers = (page: NotificationPage) => page.items.map(({ seq }) => seq)

  /** A person with this many notifications, every third one an order. */
  async function withLog(count: number): Promise<Person> {
    const person = await newPerson(server())
    await server().publish(
      Array.from({ length: count }, (_, index) => ({
        userId: person.id,
        type: (index + 1) % 3 ? ('message' as const) : ('order.created' as const),
        title: `number ${index + 1}`,
        message: 'm',
      })),
    )
    return person
  }
  const idOf = async (person: Person, seq: number) => {
    const entry = await server().models.Notification.findOne({ userId: person.id, seq }).lean()
    return entry?._id.toHexString() ?? ''
  }

  it('comes newest first, 20 to a page unless asked otherwise, page after page to the end', async () => {
    const person = await withLog(45)
    const first = await list(person)
    expect(numbers(first)).toEqual(Array.from({ length: 20 }, (_, n) => 45 - n))
    expect(first).toMatchObject({ unread: 45, nextBefore: 26 })
    const second = await list(person, `?before=${first.nextBefore}&limit=25`)
    expect(numbers(second)).toEqual(Array.from({ length: 25 }, (_, n) => 25 - n))
    expect(second.nextBefore).toBeNull()
  })

  it('can be asked for the unread, for the read, for one type; `unread` stays the total', async () => {
    const person = await withLog(6)
    await person.api('PATCH', `/api/notifications/${await idOf(person, 6)}`, { read: true })
    expect(numbers(await list(person, '?unread=true'))).toEqual([5, 4, 3, 2, 1])
    expect(numbers(await list(person, '?unread=false'))).toEqual([6])
    const orders = await list(person, '?type=order.created')
    expect(numbers(orders)).toEqual([6, 3])
    expect(orders.unread).toBe(5)
    expect(numbers(await list(person, '?type=order.created&unread=true&limit=1&before=6'))).toEqual([3])
  })

  it.each([
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=1.5',
    'limit=many',
    'limit=',
    'limit=1&limit=2',
    'before=0',
    'before=abc',
    'before[$gt]=1',
    'unread=maybe',
    'unread[$ne]=true',
    'type=nonsense',
    'type[]=message',
    'unknown=1',
    '__proto__=1',
  ])('cannot be asked with ?%s', async (query) => {
    const { status, body } = await (await newPerson(server())).api('GET', `/api/notifications?${query}`)
    expect([status, body.code]).toEqual([400, 'bad_payload'])
  })

  it('marks one read and unread again, and says so to every tab', async () => {
    const person = await withLog(2)
    const [one, two] = [await person.tab(), await person.tab()]
    const id = await idOf(person, 1)
    const read = await person.api('PATCH', `/api/notifications/${id}`, { read: true })
    expect(read.status).toBe(200)
    expect(read.body).toMatchObject({ id, seq: 1, readAt: expect.stringMatching(/Z$/) })
    for (const tab of [one, two]) {
      expect(await tab.next('notification:updated')).toEqual({ id, seq: 1, readAt: read.body.readAt })
      await tab.next('unread', ({ count }) => count === 1)
    }
    const again = await person.api('PATCH', `/api/notifications/${id}`, { read: true })
    expect(again.body).toEqual(read.body) // when it was read does not change

    const unread = await person.api('PATCH', `/api/notifications/${id}`, { read: false })
    expect(unread.body).not.toHaveProperty('readAt')
    expect(await one.next('notification:updated')).toEqual({ id, seq: 1, readAt: null })
    await one.next('unread', ({ count }) => count === 2)
  })

  it('marks everything read', async () => {
    const person = await withLog(30)
    const tab = await person.tab()
    const { status, body } = await person.api('POST', '/api/notifications/mark-all-read')
    expect([status, body]).toEqual([200, { upTo: 30, readAt: expect.stringMatching(/Z$/) }])
    expect(await tab.next('notifications:all-read')).toEqual(body)
    await tab.next('unread', ({ count }) => count === 0)
    expect(await list(person, '?unread=true')).toEqual({ items: [], unread: 0, nextBefore: null })
  })

  it('deletes one, which then is gone for good', async () => {
    const person = await withLog(3)
    const tab = await person.tab()
    const id = await idOf(person, 2)
    expect((await person.api('DELETE', `/api/notifications/${id}`)).status).toBe(204)
    expect(await tab.next('notification:deleted')).toEqual({ id, seq: 2 })
    await tab.next('unread', ({ count }) => count === 2)
    expect(numbers(await list(person))).toEqual([3, 1])
    for (const [method, body] of [['GET'], ['PATCH', { read: true }], ['DELETE']] as const) {
      const { status } = await person.api(method, `/api/notifications/${id}`, body)
      expect(status).toBe(404)
    }
  })

  it('deletes all that were read, and tells of each', async () => {
    const person = await withLog(4)
    for (const seq of [1, 3]) {
      await person.api('PATCH', `/api/notifications/${await idOf(person, seq)}`, { read: true })
    }
    const tab = await person.tab()
    const { status, body } = await person.api('DELETE', '/api/notifications?read=true')
    expect([status, body]).toEqual([200, { deleted: 2 }])
    const deleted = [await tab.next('notification:deleted'), await tab.next('notification:deleted')]
    expect(deleted.map(({ seq }) => seq).sort()).toEqual([1, 3])
    expect(numbers(await list(person))).toEqual([4, 2])
  })

  it.each(['', '?read=false', '?read=1', '?unread=true'])(
    'is not deleted whole by DELETE %s',
    async (query) => {
      const person = await withLog(2)
      expect((await person.api('DELETE', `/api/notifications${query}`)).status).toBe(400)
      expect(numbers(await list(person))).toEqual([2, 1])
    },
  )

  it('of another user is out of reach, over REST and over the socket, and stays as it is', async () => {
    const owner = await withLog(1)
    const mallory = await newPerson(server())
    const id = await idOf(owner, 1)
    const before = await server().models.Notification.findById(id).lean()
    for (const [method, body] of [['GET'], ['PATCH', { read: true }], ['DELETE']] as const) {
      const answer = await mallory.api(method, `/api/notifications/${id}`, body)
      expect([answer.status, answer.body.code]).toEqual([403, 'not_yours'])
    }
    const tab = await mallory.tab()
    for (const event of ['notification:mark-read', 'notification:delete']) {
      expect(await tab.ask(event, { id })).toMatchObject({ ok: false, error: { code: 'not_yours' } })
    }
    expect(await server().models.Notification.findById(id).lean()).toEqual(before)
  })

  it.each([
    ['malformed', 'nonsense', 400],
    ['an operator', '{"$ne":null}', 400],
    ['12 characters, which mongoose would take', 'abcdefghijkl', 400],
    ['nobody’s', 'f'.repeat(24), 404],
  ])('knows no id that is %s', async (_what, id, status) => {
    const person = await newPerson(server())
    const path = `/api/notifications/${encodeURIComponent(id)}`
    expect((await person.api('GET', path)).status).toBe(status)
    expect((await person.api('PATCH', path, { read: true })).status).toBe(status)
    expect((await person.api('DELETE', path)).status).toBe(status)
  })
})
