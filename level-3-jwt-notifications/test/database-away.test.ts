import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Program, startProgram } from '@levels/shared/testing/process.ts'
import { startTcpProxy, type TcpProxy } from '@levels/shared/testing/tcp-proxy.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NotificationPage } from '../src/events.ts'
import { OWN } from './support/cookie.ts'
import { newPerson, PASSWORD, type Person, request } from './support/person.ts'
import { startServer, type TestServer } from './support/server.ts'
import { connectTab } from './support/tab.ts'

// A network that fails, or a database that hangs: it takes connections, and never answers.
describe.each(['gone', 'silent'] as const)('while the database is %s', (how) => {
  let dataDir: string
  let mongo: Program
  let network: TcpProxy
  let server: TestServer
  let person: Person

  const fail = () => {
    if (how === 'silent') return mongo.kill('SIGSTOP')
    network.reachable = false
    network.cut()
  }
  const recover = () => {
    mongo.kill('SIGCONT')
    network.reachable = true
    network.cut()
  }

  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'level-3-away-'))
    mongo = startProgram(['level-3-jwt-notifications/test/support/mongo-process.ts', dataDir])
    const [uri] = await mongo.printed(/mongodb:\/\/\S+/)
    network = await startTcpProxy(Number(new URL(uri).port))
    const viaNetwork = new URL(uri)
    viaNetwork.port = String(network.port)
    server = await startServer({ mongoUri: viaNetwork.href })
    person = await newPerson(server)
  })
  afterAll(async () => {
    recover()
    await server?.close()
    await network?.close()
    await mongo?.stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  it('requests fail with 503 before a page gives up, the process lives, and all is well when it is back', async () => {
    const tab = await person.tab()
    await Promise.all(Array.from({ length: 60 }, () => person.api('GET', '/api/notifications')))
    fail()
    const { url } = server
    const requests = [
      () => person.api('GET', '/api/notifications'),
      () => person.api('POST', '/api/notifications', { to: 'me', title: 't', message: 'm' }),
      () => person.api('GET', '/api/auth/me'),
      () => request(url, 'POST', '/api/auth/login', { username: person.username, password: PASSWORD }),
      () => request(url, 'POST', '/api/auth/login', { username: person.username, password: PASSWORD }),
      () => request(url, 'POST', '/api/auth/register', { username: 'too-early', password: PASSWORD }),
      () => request(url, 'POST', '/api/auth/refresh', undefined, { ...OWN, cookie: person.cookie }),
      // More than there are connections to the database.
      ...Array.from({ length: 60 }, () => () => person.api('GET', '/api/notifications')),
    ]
    const start = performance.now()
    const answers = await Promise.all(
      requests.map(async (send) => {
        const { status, body, headers } = await send()
        return { status, body, retryAfter: headers.get('retry-after'), ms: performance.now() - start }
      }),
    )
    for (const { status, body, retryAfter, ms } of answers) {
      expect([status, body.code]).toEqual([503, 'database_unavailable'])
      expect(JSON.stringify(body)).not.toMatch(/ECONN|127\.0\.0\.1|Mongo/)
      expect(Number(retryAfter)).toBeGreaterThan(0)
      expect(ms).toBeLessThan(8_000)
    }
    const event = await tab.ask('notifications:fetch', {})
    expect(event).toMatchObject({ ok: false, error: { code: 'database_unavailable' } })

    expect((await request(url, 'GET', '/healthz')).status).toBe(200)
    const ready = await request(url, 'GET', '/readyz')
    expect([ready.status, ready.body]).toEqual([503, { status: 'unready', checks: { mongo: 'down' } }])

    recover()
    await expect
      .poll(async () => (await request(url, 'GET', '/readyz')).status, { timeout: 15_000, interval: 200 })
      .toBe(200)
    await person.send('me', 'back again')
    await tab.next('notification:new', ({ title }) => title === 'back again')
    const { body } = await person.api('GET', '/api/notifications')
    const { items } = body as unknown as NotificationPage
    expect(items.map(({ seq }) => seq)).toEqual(items.map((_, index) => items.length - index)) // still gapless
    expect(server.logged.filter((line) => line.startsWith('error'))).toEqual([])
    expect(server.logged.filter((line) => line.startsWith('warn')).length).toBeGreaterThan(0)
    expect(server.logged.length).toBeLessThan(answers.length) // not at every request
  })

  it('a page that connects is refused for the moment, and let in when it is back', async () => {
    fail()
    const tab = connectTab(server.url, { token: person.token })
    const error = await new Promise<Error & { data?: unknown }>((resolve) =>
      tab.socket.once('connect_error', resolve),
    )
    expect(error.data).toMatchObject({ code: 'database_unavailable' })
    recover()
    const again = setInterval(() => tab.socket.connect(), 500) // as the page does
    await tab.next('notifications:missed')
    clearInterval(again)
  })
})
