import { describe, expect, it } from 'vitest'
import { newPerson } from '../support/person.ts'
import { serverForAll } from '../support/server.ts'

describe('private rooms', () => {
  const server = serverForAll()

  it('do not exist for whoever was not invited', async () => {
    const [alice, eve] = [await newPerson(server()), await newPerson(server())]
    const { status, body } = await alice.api('POST', '/api/rooms', { name: 'Cellar', private: true })
    expect([status, body]).toEqual([201, { slug: 'cellar', name: 'Cellar', member: true, private: true }])
    expect((await eve.api('GET', '/api/rooms')).body.items).not.toContainEqual(
      expect.objectContaining({ slug: 'cellar' }),
    )
    for (const [method, path, sent] of [
      ['POST', '/join'],
      ['GET', '/messages'],
      ['POST', '/messages', { text: 'x' }],
      ['POST', '/invitations', { username: eve.username }],
    ] as const) {
      const answer = await eve.api(method, `/api/rooms/cellar${path}`, sent)
      expect([answer.status, answer.body.code]).toEqual([404, 'room_not_found'])
    }
  })

  it('let in whom a member invited, who finds the invitation in the log', async () => {
    const [alice, bob] = [await newPerson(server()), await newPerson(server())]
    await alice.api('POST', '/api/rooms', { name: 'Loft', private: true })
    const [aliceTab, bobTab] = [await alice.tab(), await bob.tab()]
    const invite = () => alice.api('POST', '/api/rooms/loft/invitations', { username: bob.username })
    expect((await invite()).status).toBe(204)
    expect((await invite()).status).toBe(204)
    expect(await bobTab.next('notification:new')).toMatchObject({ title: 'Loft', metadata: { room: 'loft' } })
    expect((await bob.api('GET', '/api/rooms')).body.items).toContainEqual({
      slug: 'loft',
      name: 'Loft',
      member: false,
      private: true,
      invited: true,
    })
    await alice.api('POST', '/api/rooms/loft/messages', { text: 'before bob' })
    expect((await bob.api('GET', '/api/rooms/loft/messages')).body.code).toBe('not_a_member')

    expect((await bob.api('POST', '/api/rooms/loft/join')).body).toMatchObject({ member: true })
    expect(await aliceTab.next('room:joined')).toEqual({ room: 'loft', username: bob.username })
    await bob.api('POST', '/api/rooms/loft/leave')
    expect(await aliceTab.next('room:left')).toEqual({ room: 'loft', username: bob.username })
    expect((await bob.api('POST', '/api/rooms/loft/join')).status).toBe(404)
    expect(bobTab.heard('notification:new')).toHaveLength(1)
  })
})

describe('lists of rooms and their messages', () => {
  const server = serverForAll()

  it('come in pages, rooms newest first, messages oldest first', async () => {
    const alice = await newPerson(server())
    for (const name of ['one', 'two', 'three']) await alice.api('POST', '/api/rooms', { name })
    const first = (await alice.api('GET', '/api/rooms?limit=2')).body
    expect(first).toMatchObject({ items: [{ slug: 'three' }, { slug: 'two' }], nextBefore: 'two' })
    expect((await alice.api('GET', '/api/rooms?limit=2&before=two')).body).toMatchObject({
      items: [{ slug: 'one' }],
      nextBefore: null,
    })
    for (const text of ['a', 'b', 'c']) await alice.api('POST', '/api/rooms/one/messages', { text })
    const newest = (await alice.api('GET', '/api/rooms/one/messages?limit=2')).body
    expect(newest).toMatchObject({ items: [{ text: 'b' }, { text: 'c' }] })
    const older = await alice.api('GET', `/api/rooms/one/messages?limit=2&before=${newest.nextBefore}`)
    expect(older.body).toMatchObject({ items: [{ text: 'a' }], nextBefore: null })
  })

  it.each(['/api/rooms?limit=0', '/api/rooms?page=2', '/api/rooms/one/messages?before=x'])(
    'refuse %s',
    async (path) => {
      const alice = await newPerson(server())
      expect((await alice.api('GET', path)).status).toBe(400)
    },
  )
})
