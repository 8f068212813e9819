import { describe, expect, it } from 'vitest'
import { newPerson } from '../support/person.ts'
import { serverForAll } from '../support/server.ts'

describe('rooms', () => {
  const server = serverForAll()

  it('are made with a slug of their name; the creator is the first member', async () => {
    const [alice, bob] = [await newPerson(server()), await newPerson(server())]
    const { status, body } = await alice.api('POST', '/api/rooms', { name: 'Café  Müller & Söhne!' })
    expect([status, body]).toEqual([
      201,
      { slug: 'cafe-muller-sohne', name: 'Café  Müller & Söhne!', member: true },
    ])
    const mine = (await alice.api('GET', '/api/rooms')).body.items
    const theirs = (await bob.api('GET', '/api/rooms')).body.items
    expect(mine).toContainEqual(body)
    expect(theirs).toContainEqual({ ...body, member: false })
  })

  it('of one slug exist once', async () => {
    const alice = await newPerson(server())
    const statuses = await Promise.all(
      Array.from({ length: 6 }, async () => (await alice.api('POST', '/api/rooms', { name: 'Once' })).status),
    )
    expect(statuses.sort()).toEqual([201, 409, 409, 409, 409, 409])
  })

  it('have names of any script', async () => {
    const { body } = await (await newPerson(server())).api('POST', '/api/rooms', { name: '会議室' })
    expect(body.slug).toMatch(/^room-[0-9a-f]{8}$/)
  })

  it('carry messages to every member’s sockets, and into every other member’s log', async () => {
    const [alice, bob, eve] = [
      await newPerson(server()),
      await newPerson(server()),
      await newPerson(server()),
    ]
    await alice.api('POST', '/api/rooms', { name: 'Kitchen' })
    expect((await bob.api('POST', '/api/rooms/kitchen/join')).body).toMatchObject({ member: true })
    expect((await bob.api('POST', '/api/rooms/kitchen/join')).status).toBe(200) // again is no error
    const [aliceTab, bobTab, eveTab] = [await alice.tab(), await bob.tab(), await eve.tab()]

    const posted = await alice.api('POST', '/api/rooms/kitchen/messages', { text: 'soup!' })
    const message = {
      room: 'kitchen',
      id: expect.any(String),
      from: alice.username,
      text: 'soup!',
      at: expect.stringMatching(/Z$/),
    }
    expect([posted.status, posted.body]).toEqual([201, message])
    expect(await aliceTab.next('room:message')).toEqual(posted.body)
    expect(await bobTab.next('room:message')).toEqual(posted.body)
    expect(await bobTab.next('notification:new')).toMatchObject({
      type: 'room.message',
      title: 'Kitchen',
      message: 'soup!',
      from: alice.username,
    })

    const sent = await bobTab.ask('room:send', { room: 'kitchen', text: 'coming' })
    expect(sent).toMatchObject({ ok: true, data: { from: bob.username, text: 'coming' } })
    expect(await aliceTab.next('notification:new')).toMatchObject({ message: 'coming' })
    expect(aliceTab.heard('notification:new')).toHaveLength(1) // not for one's own message
    expect(eveTab.heard('room:message')).toEqual([])

    const { items } = (await bob.api('GET', '/api/rooms/kitchen/messages')).body
    expect(items).toEqual([posted.body, sent.ok && sent.data])
  })

  it('are closed to whoever is not a member, or not any more, on both ways (checked each time)', async () => {
    const [alice, bob] = [await newPerson(server()), await newPerson(server())]
    await alice.api('POST', '/api/rooms', { name: 'Attic' })
    const tab = await bob.tab()
    const refused = async () => {
      const post = await bob.api('POST', '/api/rooms/attic/messages', { text: 'let me in' })
      expect([post.status, post.body.code]).toEqual([403, 'not_a_member'])
      expect((await bob.api('GET', '/api/rooms/attic/messages')).body.code).toBe('not_a_member')
      const sent = await tab.ask('room:send', { room: 'attic', text: 'let me in' })
      expect(sent).toMatchObject({ ok: false, error: { code: 'not_a_member' } })
    }
    await refused()
    await bob.api('POST', '/api/rooms/attic/join')
    expect((await tab.ask('room:send', { room: 'attic', text: 'in' })).ok).toBe(true)
    await bob.api('POST', '/api/rooms/attic/leave')
    await refused()
    const { items } = (await alice.api('GET', '/api/rooms/attic/messages')).body
    expect(items).toMatchObject([{ text: 'in' }])
  })

  it('that do not exist are a 404', async () => {
    const alice = await newPerson(server())
    for (const [method, what, body] of [
      ['POST', 'join'],
      ['POST', 'leave'],
      ['GET', 'messages'],
      ['POST', 'messages', { text: 'x' }],
    ] as const) {
      const answer = await alice.api(method, `/api/rooms/nowhere/${what}`, body)
      expect([answer.status, answer.body.code]).toEqual([404, 'room_not_found'])
    }
  })

  it('cannot be used to reach a user’s or a session’s own room', async () => {
    const [alice, bob] = [await newPerson(server()), await newPerson(server())]
    const tab = await alice.tab()
    for (const room of [`user:${bob.id}`, `session:${bob.sid}`, 'admin', tab.socket.id]) {
      const answer = await tab.ask('room:send', { room, text: 'x' })
      expect(answer.ok).toBe(false)
    }
  })
})

describe('one user', () => {
  const server = serverForAll({ config: { limits: {} } })

  it('makes 10 rooms a minute and writes or invites 60 times, and is told when the next is taken', async () => {
    const [person, guest] = [await newPerson(server()), await newPerson(server())]
    const tenTimes = async (path: string, bodyOf: (n: number) => object) => {
      const answers = Array.from({ length: 10 }, (_, n) => person.api('POST', path, bodyOf(n)))
      return (await Promise.all(answers)).map(({ status }) => status)
    }
    const allMade = Array(10).fill(201)
    expect(await tenTimes('/api/rooms', (n) => ({ name: `Room ${n}` }))).toEqual(allMade)
    for (let round = 0; round < 6; round++) {
      expect(await tenTimes('/api/rooms/room-0/messages', () => ({ text: 'x' }))).toEqual(allMade)
    }
    for (const [path, body] of [
      ['/api/rooms', { name: 'One more' }],
      ['/api/rooms/room-0/messages', { text: 'one more' }],
      ['/api/rooms/room-0/invitations', { username: guest.username }],
    ] as const) {
      const { status, body: problem, headers } = await person.api('POST', path, body)
      expect([status, problem.code]).toEqual([429, 'rate_limited'])
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
  })
})
