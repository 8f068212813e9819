import { describe, expect, it } from 'vitest'
import { badBodies, id, type Target } from '../support/bad-bodies.ts'
import { newPerson, type Person } from '../support/person.ts'
import { serverForAll } from '../support/server.ts'
import { connectTab, openTab } from '../support/tab.ts'

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

describe('bad input over the socket', () => {
  const server = serverForAll()
  /** Twenty events a second are the limit, and these tests are about something else. */
  const freshTab = (person: Person) => person.tab()

  it.each(events)('is refused by $route, and the socket lives', async (target) => {
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

  it('of any number of arguments, with or without an acknowledgement, harms nobody', async () => {
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

  it('larger than 64 KiB costs that socket only', async () => {
    const person = await newPerson(server())
    const loud = await openTab(server().url, { token: person.token }, { reconnection: false })
    const other = await person.tab()
    const lost = loud.lost()
    loud.socket.emit('room:send', { room: 'kitchen', text: 'x'.repeat(70_000) }, () => undefined)
    await lost
    expect(await other.ask('notifications:fetch', {})).toMatchObject({ ok: true })
  })
})
