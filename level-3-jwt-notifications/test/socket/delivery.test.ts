import { describe, expect, it } from 'vitest'
import { newPerson, signInOn } from '../support/person.ts'
import { missedBy, publishTo, upTo } from '../support/published.ts'
import { serverForAll } from '../support/server.ts'

describe('delivery', () => {
  const server = serverForAll()

  it('reaches every tab and device of the user, and nobody else’s', async () => {
    const [alice, bob] = [await newPerson(server()), await newPerson(server())]
    const phone = await signInOn(server(), alice)
    const tabs = [await alice.tab(), await alice.tab(), await phone.tab()]
    const stranger = await bob.tab()
    const sent = await bob.send(alice.username, 'hello')
    for (const tab of tabs) expect(await tab.next('notification:new')).toEqual(sent)
    await bob.send('me', 'to myself')
    await stranger.next('notification:new', ({ title }) => title === 'to myself')
    expect(stranger.heard('notification:new')).toHaveLength(1)
  })

  it('tells on connect who one is, the newest 20, and what was missed, in this order', async () => {
    const person = await newPerson(server())
    await publishTo(server(), person, 25)
    const tab = await person.tab()
    expect(tab.names().filter((name) => name !== 'unread')).toEqual([
      'session:ready',
      'notifications:initial',
      'notifications:missed',
    ])
    expect(await tab.next('session:ready')).toEqual({
      user: { id: person.id, username: person.username, role: 'user' },
      sessionId: person.sid,
      instance: 'level-3',
      expiresAt: expect.stringMatching(/Z$/),
    })
    const initial = await tab.next('notifications:initial')
    expect(initial).toMatchObject({ unread: 25, upTo: 25 })
    expect(initial.items.map(({ seq }) => seq)).toEqual(upTo(25).reverse().slice(0, 20))
    expect(missedBy(tab).map(({ seq }) => seq)).toEqual(upTo(25))
  })

  it('sends what came after the cursor, in packets of 100, oldest first', async () => {
    const person = await newPerson(server())
    await publishTo(server(), person, 253)
    const tab = await person.tab({ after: 3 })
    const packets = tab.heard('notifications:missed')
    expect(packets.map(({ items, more, upTo }) => [items.length, more, upTo])).toEqual([
      [100, true, 103],
      [100, true, 203],
      [50, false, 253],
    ])
    expect(missedBy(tab).map(({ seq }) => seq)).toEqual(upTo(253).slice(3))
  })

  it('sends an empty packet to whoever missed nothing', async () => {
    const person = await newPerson(server())
    await publishTo(server(), person, 2)
    const [fresh, ahead] = [await person.tab({ after: 2 }), await person.tab({ after: 99 })]
    expect(fresh.heard('notifications:missed')).toEqual([{ items: [], more: false, upTo: 2 }])
    expect(ahead.heard('notifications:missed')).toEqual([{ items: [], more: false, upTo: 2 }])
  })

  it('moves the cursor past deleted ones, also when nothing else is left', async () => {
    const person = await newPerson(server())
    const stored = await publishTo(server(), person, 105)
    await server().models.Notification.updateMany(
      { _id: { $in: stored.map(({ notification }) => notification.id) } },
      { $set: { deletedAt: new Date() } },
    )
    const tab = await person.tab({ after: 0 })
    expect(tab.heard('notifications:missed')).toEqual([
      { items: [], more: true, upTo: 100 },
      { items: [], more: false, upTo: 105 },
    ])
  })

  it('remembers what was seen: a client without a cursor gets what came after', async () => {
    const person = await newPerson(server())
    await publishTo(server(), person, 5)
    const first = await person.tab()
    expect(await first.ask('notifications:seen', { upTo: 3 })).toEqual({ ok: true, data: { upTo: 3 } })
    const second = await person.tab()
    expect(missedBy(second).map(({ seq }) => seq)).toEqual([4, 5])
  })

  it('never lets "seen" go back, nor beyond the end of the log', async () => {
    const person = await newPerson(server())
    await publishTo(server(), person, 4)
    const tab = await person.tab()
    expect(await tab.ask('notifications:seen', { upTo: 1_000 })).toEqual({ ok: true, data: { upTo: 4 } })
    expect(await tab.ask('notifications:seen', { upTo: 2 })).toEqual({ ok: true, data: { upTo: 4 } })
    await publishTo(server(), person, 1)
    expect(missedBy(await person.tab()).map(({ seq }) => seq)).toEqual([5])
  })
})
