import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Program, startProgram } from '@levels/shared/testing/process.ts'
import { startTcpProxy, type TcpProxy } from '@levels/shared/testing/tcp-proxy.ts'
import { afterEach, describe, expect, it } from 'vitest'
import type { Notification, NotificationPage } from '../../src/events.ts'
import { openPageLike, type PageLike } from '../support/page-like.ts'
import { request } from '../support/person.ts'

const USERS = ['alice', 'bob', 'admin']
const TABS_PER_USER = 3
const SENDERS = 4
const PER_SENDER = 75
const KILLS = 4

const level = 'level-3-jwt-notifications'
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

// The promise of this level, on the real program: an acknowledged notification is shown exactly once in every tab,
// whatever the network and the process go through meanwhile.
describe.each([
  { what: 'the server is killed, its database lives on', ownDatabase: true },
  { what: 'the server is killed with the database in it', ownDatabase: false },
])('while connections are cut at random and $what', { timeout: 300_000 }, ({ ownDatabase }) => {
  it('every acknowledged notification shows exactly once in each tab, and no log has a gap', async () => {
    const app = await startApp(ownDatabase)
    const network = await startTcpProxy(app.port)
    cleanups.push(() => network.close())
    const tokens = new Map<string, string>()
    for (const username of USERS) tokens.set(username, await logIn(network.url, username))
    const tabs = new Map(USERS.map((user) => [user, openTabs(network.url, tokens.get(user) ?? '')]))
    // A tab counts what comes after its first answer; what the user saw in another tab before is not new to it.
    const allBegan = () => [...tabs.values()].flat().every(({ inbox }) => inbox.cursor !== undefined)
    await expect.poll(allBegan, { timeout: 30_000 }).toBe(true)

    const acknowledged = new Map<string, Notification[]>(USERS.map((user) => [user, []]))
    let done = 0
    const sending = Promise.all(
      Array.from({ length: SENDERS }, async (_, sender) => {
        for (let n = 0; n < PER_SENDER; n++) {
          const to = USERS[(n + sender) % USERS.length] ?? ''
          const stored = await sendUntilStored(network.url, tokens.get('admin') ?? '', to, `${sender}-${n}`)
          acknowledged.get(to)?.push(stored)
          done++
        }
      }),
    )
    const cutting = cutAtRandom(network)
    for (let kill = 1; kill <= KILLS; kill++) {
      const enough = (kill * SENDERS * PER_SENDER) / (KILLS + 1)
      while (done < enough) await sleep(5) // in the thick of it, not at a pause
      await app.killAndRestart()
    }
    await sending
    cutting.stop()

    for (const user of USERS) {
      const log = await readLog(app.url, tokens.get(user) ?? '')
      expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1))
      const titles = log.map(({ title }) => title).filter((title) => /^\d+-\d+$/.test(title))
      expect(new Set(titles).size).toBe(titles.length) // however often it was sent, stored once

      const sent = acknowledged.get(user) ?? []
      const stored = new Map(log.map((one) => [one.id, one.seq]))
      for (const { id, seq } of sent) expect(stored.get(id)).toBe(seq)
      for (const { inbox, shown } of tabs.get(user) ?? []) {
        await expect.poll(() => inbox.cursor, { timeout: 60_000 }).toBe(log.length)
        expect(inbox.gap()).toBeUndefined()
        expect(sent.map(({ id }) => shown.get(id))).toEqual(sent.map(() => 1))
        expect(inbox.list().map(({ id }) => id)).toEqual(log.map(({ id }) => id).reverse())
      }
    }
    // It was chaos indeed.
    const connects = [...tabs.values()].flat().map((tab) => tab.connects)
    expect(Math.min(...connects)).toBeGreaterThan(1)
    expect(Math.max(...connects)).toBeGreaterThan(KILLS)
  })
})

function openTabs(url: string, token: string): PageLike[] {
  return Array.from({ length: TABS_PER_USER }, () => openPageLike(url, token))
}

/** The real program, on a port that stays the same. */
async function startApp(ownDatabase: boolean) {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'level-3-chaos-'))
  cleanups.push(() => rm(dataDir, { recursive: true, force: true }))
  let uri: string | undefined
  if (ownDatabase) {
    const mongo = startProgram([`${level}/test/support/mongo-process.ts`, dataDir])
    cleanups.push(() => mongo.stop())
    uri = (await mongo.printed(/mongodb:\/\/\S+/))[0]
  }
  const port = await freePort()
  const start = async () => {
    const program = startProgram([`${level}/src/main.ts`], {
      env: { NODE_ENV: undefined, PORT: String(port), DATA_DIR: dataDir, MONGODB_URI: uri },
    })
    await program.url()
    return program
  }
  let program: Program = await start()
  cleanups.push(() => program.stop())
  return {
    port,
    /** Not through the network that is cut. */
    url: `http://127.0.0.1:${port}`,
    async killAndRestart() {
      program.kill('SIGKILL')
      await program.exit
      program = await start()
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function cutAtRandom(network: TcpProxy): { stop(): void } {
  let timer: NodeJS.Timeout
  const next = () => {
    timer = setTimeout(
      () => {
        network.cut()
        next()
      },
      200 + Math.random() * 1_000,
    )
  }
  next()
  return { stop: () => clearTimeout(timer) }
}

async function logIn(url: string, username: string): Promise<string> {
  const credentials = { username, password: 'password123' }
  const { status, body } = await request(url, 'POST', '/api/auth/login', credentials)
  expect(status).toBe(200)
  return String(body.accessToken)
}

/** Asks again, under the same key, until there is an answer: what was stored without one is not stored twice. */
async function sendUntilStored(url: string, token: string, to: string, title: string): Promise<Notification> {
  const headers = { authorization: `Bearer ${token}`, 'idempotency-key': `chaos ${title}` }
  while (true) {
    try {
      const body = { to, type: 'system', title, message: 'm' }
      const answer = await request(url, 'POST', '/api/notifications', body, headers)
      if (answer.status < 300) return answer.body as unknown as Notification
      if (answer.status !== 503) throw new Error(`refused: ${JSON.stringify(answer.body)}`)
    } catch (error) {
      // fetch's own error for a connection that was cut or refused.
      if (!(error instanceof TypeError)) throw error
    }
    await sleep(50)
  }
}

/** The whole log, oldest first. */
async function readLog(url: string, token: string): Promise<Notification[]> {
  const log: Notification[] = []
  let before: number | null = Number.MAX_SAFE_INTEGER
  while (before !== null) {
    const { body } = await request(url, 'GET', `/api/notifications?limit=100&before=${before}`, undefined, {
      authorization: `Bearer ${token}`,
    })
    const page = body as unknown as NotificationPage
    log.push(...page.items)
    before = page.nextBefore
  }
  return log.reverse()
}
