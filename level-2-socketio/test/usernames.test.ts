import { describe, expect, it } from 'vitest'
import { refusal, startServer } from './support/server.ts'

describe('the handshake', () => {
  it.each([[{}], [{ username: undefined }], [{ username: null }], [{ username: '' }]])(
    'is refused without a username: %j',
    async (auth) => {
      const { url } = await startServer()
      expect(await refusal(url, auth)).toBe('username_missing')
    },
  )

  it.each([['a b'], [7], [['alice']], [{ username: 'alice' }], [true], ['alice\ufe0f'], ['аlice']])(
    'is refused with the username %j',
    async (username) => {
      const { url } = await startServer()
      expect(await refusal(url, { username })).toBe('username_invalid')
    },
  )

  it('is refused with a name that somebody online has, however it is written', async () => {
    const { url, enter } = await startServer()
    await enter('Straße')
    expect(await refusal(url, { username: 'STRASSE' })).toBe('username_taken')
    expect(await refusal(url, { username: 'Straße', sessionId: 'A'.repeat(32) })).toBe('username_taken')
    await enter('Сосо') // Cyrillic
    expect(await refusal(url, { username: 'coco' })).toBe('username_taken')
    expect(await refusal(url, { username: 'Straße', sessionId: { length: 32 } })).toBe('username_taken')
  })

  it('shows the name in its one spelling to everybody', async () => {
    const { enter } = await startServer()
    const bob = await enter('bob')
    const zoe = await enter('Ｚoe\u0308')
    expect(zoe.session).toMatchObject({ username: 'Zoë', users: ['bob', 'Zoë'] })
    expect(await bob.next('user:joined')).toEqual({ username: 'Zoë', users: ['bob', 'Zoë'] })
  })

  it('leaves nothing behind when it is refused', async () => {
    const server = await startServer()
    await server.enter('alice')
    await refusal(server.url, { username: 'alice' })
    await refusal(server.url, {})
    expect(server.counts()).toMatchObject({ users: 1, rooms: 0 })
    expect(server.io.sockets.sockets.size).toBe(1)
  })
})
