import { describe, expect, it } from 'vitest'
import { OWN, refreshAt } from '../support/cookie.ts'
import { newPerson, type Person, signInOn } from '../support/person.ts'
import { serverForAll, startServer } from '../support/server.ts'

describe('the refresh cookie', () => {
  const server = serverForAll()
  const refresh = (cookie: string, headers?: Record<string, string>, url = server().url) =>
    refreshAt(url, cookie, headers)
  const cookieOf = ({ headers }: { headers: Headers }) => headers.get('set-cookie')?.split(';')[0] ?? ''
  const session = (person: Person) => server().models.Session.findById(person.sid).lean()
  /** Lets the time pass in which a loser is forgiven. */
  const outliveGrace = (person: Person) =>
    server().models.Session.updateOne(
      { _id: person.sid },
      { $set: { rotatedAt: new Date(Date.now() - 60_001) } },
    )

  it('gives a new access token, and is replaced by its successor', async () => {
    const person = await newPerson(server())
    const first = await refresh(person.cookie)
    expect(first.status).toBe(200)
    expect(first.body).toMatchObject({ user: { username: person.username }, expiresIn: 900 })
    expect(cookieOf(first)).not.toBe(person.cookie)
    const second = await refresh(cookieOf(first))
    expect(second.status).toBe(200)
    const me = await person.api('GET', '/api/auth/me', undefined, {
      authorization: `Bearer ${second.body.accessToken}`,
    })
    expect(me.status).toBe(200)
  })

  it('gives two tokens of one second that differ', async () => {
    const person = await newPerson(server())
    const first = await refresh(person.cookie)
    const second = await refresh(person.cookie)
    expect(second.body.accessToken).not.toBe(first.body.accessToken)
  })

  it('has one successor, however many refresh at once on however many instances', async () => {
    const other = await startServer({ mongoUri: server().mongoUri })
    const person = await newPerson(server())
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => refresh(person.cookie, OWN, n % 2 ? other.url : server().url)),
    )
    await other.close()
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200))
    expect(new Set(answers.map(cookieOf)).size).toBe(1)
    const successor = cookieOf(answers[0] ?? { headers: new Headers() })
    expect((await refresh(successor)).status).toBe(200)
  })

  it('forgives the loser of a race: same outcome, no logout, no cookie taken away', async () => {
    const person = await newPerson(server())
    const winner = await refresh(person.cookie)
    const loser = await refresh(person.cookie)
    expect(loser.status).toBe(200)
    expect(cookieOf(loser)).toBe(cookieOf(winner))
    expect((await session(person))?.revokedAt).toBeUndefined()
  })

  it.each(['after the grace', 'once its successor was used'])(
    'shown again %s ends the session and cuts its sockets',
    async (when) => {
      const person = await newPerson(server())
      const tab = await person.tab()
      const winner = await refresh(person.cookie)
      if (when === 'after the grace') await outliveGrace(person)
      else await refresh(cookieOf(winner))

      const replay = await refresh(person.cookie)
      expect([replay.status, replay.body.code]).toEqual([401, 'session_revoked'])
      expect(replay.headers.get('set-cookie')).toBeNull()
      expect(await tab.next('session:ended')).toEqual({ code: 'session_revoked' })
      expect(await tab.lost()).toBe('io server disconnect')
      expect((await refresh(cookieOf(winner))).body.code).toBe('session_revoked')
      expect((await person.api('GET', '/api/auth/me')).body.code).toBe('session_revoked')
    },
  )

  it('leaves the user’s other sessions alone when one of them is ended', async () => {
    const person = await newPerson(server())
    const elsewhere = await signInOn(server(), person)
    await refresh(person.cookie)
    await outliveGrace(person)
    await refresh(person.cookie)
    expect((await elsewhere.api('GET', '/api/auth/me')).status).toBe(200)
  })

  it('of a session past its time is refused, although MongoDB has not swept it yet', async () => {
    const person = await newPerson(server())
    await server().models.Session.updateOne(
      { _id: person.sid },
      { $set: { expiresAt: new Date(Date.now() - 1) } },
    )
    const { status, body } = await refresh(person.cookie)
    expect([status, body.code]).toEqual([401, 'token_expired'])
    expect((await person.api('GET', '/api/auth/me')).body.code).toBe('session_revoked')
  })

  it('slides: each refresh starts the 30 days anew', async () => {
    const person = await newPerson(server())
    await server().models.Session.updateOne(
      { _id: person.sid },
      { $set: { expiresAt: new Date(Date.now() + 60_000) } },
    )
    await refresh(person.cookie)
    const left = Number((await session(person))?.expiresAt) - Date.now()
    expect(left).toBeGreaterThan(29.9 * 86_400_000)
  })
})
