import { describe, expect, it } from 'vitest'
import { settle, startServer } from './support/server.ts'

describe('a wrong payload', () => {
  const wrong: unknown[][] = [
    [],
    [null],
    [undefined],
    ['text'],
    [42],
    [[]],
    [{}],
    [{ text: 'a' }, { text: 'b' }],
    [{ text: null }],
    [{ text: 7 }],
    [{ text: ['a'] }],
    [{ text: { length: 3 } }],
    [{ text: 'a', room: 7 }],
    [{ text: 'a', room: null }],
    [{ text: 'a', to: {} }],
    [{ text: 'a', to: '' }],
    [{ text: 'a', room: 'lobby', to: 'bob' }],
    [Buffer.from('binary')],
    [{ text: Buffer.from('binary') }],
  ]
  it.each(wrong.map((args) => [JSON.stringify(args), args]))(
    'is answered with bad_payload and reaches nobody: %s',
    async (_shown, args) => {
      const { enter } = await startServer()
      const bob = await enter('bob')
      const alice = await enter('alice')
      const badPayload = { ok: false, error: { code: 'bad_payload', message: expect.any(String) } }
      expect(await alice.ask('message:send', ...args)).toMatchObject(badPayload)
      await settle(alice, bob)
      expect(bob.got('message:new')).toHaveLength(1)
    },
  )

  it('of bytes is answered with bad_payload, also where an empty object would do', async () => {
    const { enter } = await startServer()
    const alice = await enter('alice')
    expect(await alice.ask('typing', {})).toEqual({ ok: true })
    for (const bytes of [Buffer.from('binary'), new Uint8Array(2)]) {
      expect(await alice.ask('typing', bytes)).toMatchObject({ error: { code: 'bad_payload' } })
    }
  })

  it.each([
    [[]],
    [[null]],
    [['tea']],
    [[{}]],
    [[{ room: 7 }]],
    [[{ room: ['tea'] }]],
    [[{ room: 'tea' }, 1]],
  ])('changes no room: %j', async (args) => {
    const { enter, counts } = await startServer()
    const alice = await enter('alice')
    for (const event of ['room:join', 'room:leave']) {
      expect(await alice.ask(event, ...args)).toMatchObject({ ok: false, error: { code: 'bad_payload' } })
    }
    expect(counts().rooms).toBe(0)
  })

  it('without an acknowledgement harms nobody, and a right one is handled all the same', async () => {
    const { enter } = await startServer()
    const alice = await enter('alice')
    for (const args of wrong.slice(0, 10)) alice.socket.emit('message:send', ...args)
    alice.socket.emit('message:send', { text: 'no answer, please' })
    expect(await alice.next('message:new')).toMatchObject({ text: 'no answer, please' })
  })

  it.each(['message:sned', '__proto__', 'constructor', '', 'on'])(
    'is what an unknown event is: %j, and the socket lives',
    async (event) => {
      const { enter } = await startServer()
      const alice = await enter('alice')
      expect(await alice.ask(event, { text: 'x' })).toMatchObject({ error: { code: 'bad_payload' } })
      alice.socket.emit(event)
      expect(await alice.ask('message:send', { text: 'still here' })).toMatchObject({ ok: true })
    },
  )
})
