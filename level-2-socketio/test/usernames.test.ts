import { describe, expect, it } from 'vitest'
import { parseUsername, usernameKey } from '../src/usernames.ts'
import { refusal, startServer } from './support/server.ts'

describe('a username', () => {
  it.each([
    'al',
    'a'.repeat(20),
    'Zoë',
    'Zoe\u0308',
    '李小龙',
    'नमस्ते',
    'user_1-2',
    '__proto__',
    '𝒜𝓁',
    '𠮷𠮷',
  ])('may be %s', (name) => {
    expect(parseUsername(name)).toBe(name.normalize('NFKC'))
  })

  it.each([
    ['one letter', 'a'],
    ['21 letters', 'a'.repeat(21)],
    ['a space', 'a b'],
    ['a space around it', ' alice '],
    ['a line break', 'alice\n'],
    ['punctuation', 'al.ice'],
    ['markup', '<b>bob</b>'],
    ['an emoji', 'al😀'],
    ['a zero-width joiner', 'al\u200dice'],
    ['half a surrogate pair', 'al\ud83d'],
    ['a ligature that is a sentence', '\ufdfa\ufdfa'],
    ['characters that nobody sees', '\u3164\u3164'],
    ['no text', 42],
    ['an object', { toString: () => 'alice' }],
  ])('may not have or be %s', (_what, name) => {
    expect(() => parseUsername(name)).toThrow(
      expect.objectContaining({ data: expect.objectContaining({ code: 'username_invalid' }) }),
    )
  })

  it('counts characters as people do: twenty letters outside the basic plane are twenty', () => {
    expect(parseUsername('𠮷'.repeat(20))).toHaveLength(40)
    expect(() => parseUsername('𠮷'.repeat(21))).toThrow()
  })

  it.each([
    ['alice', 'ALICE'],
    ['zoë', 'ZOE\u0308'],
    ['strasse', 'Straße'],
    ['straße', 'STRAẞE'],
    ['ﬁona', 'FIONA'],
    ['Ａlice', 'alice'],
    ['İpek', 'i\u0307pek'],
    ['Σίσυφος', 'ΣΊΣΥΦΟΣ'],
    ['alice', 'alice\ufe0f'],
  ])('is the same as %s written %s', (one, other) => {
    expect(usernameKey(one)).toBe(usernameKey(other))
  })

  it('is another one with another letter', () => {
    expect(usernameKey('alice')).not.toBe(usernameKey('alicia'))
    expect(usernameKey('jose')).not.toBe(usernameKey('josé'))
  })
})

describe('the handshake', () => {
  it.each([[{}], [{ username: undefined }], [{ username: null }], [{ username: '' }]])(
    'is refused without a username: %j',
    async (auth) => {
      const { url } = await startServer()
      expect(await refusal(url, auth)).toBe('username_missing')
    },
  )

  it.each([['a b'], [7], [['alice']], [{ username: 'alice' }], [true]])(
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
    expect(server.counts()).toEqual({ users: 1, rooms: 0 })
    expect(server.io.sockets.sockets.size).toBe(1)
  })
})
