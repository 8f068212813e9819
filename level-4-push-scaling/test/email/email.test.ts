import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { seed } from '@levels/3-jwt-notifications/src/doors.ts'
import type { Log } from '@levels/shared/server/log.ts'
import { afterEach, expect, test } from 'vitest'
import { createMailTransport } from '../../src/email/transport.ts'
import type { DeliveryState } from '../../src/events.ts'
import { PASSWORD, USER_AGENT } from '../support/account.ts'
import { startMailServer } from '../support/mail-server.ts'
import { type Stack, type StackOptions, settingsForTests, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36'

const logged: string[] = []
const keep = (line: string) => void logged.push(line)
const log: Log = { debug: keep, info: keep, warn: keep, error: keep }
const open: { close(): unknown }[] = []

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
  logged.length = 0
})

async function start(options: StackOptions): Promise<Stack> {
  const stack = await startStack({ ...options, log })
  open.push(stack)
  return stack
}

async function mailServer(options?: Parameters<typeof startMailServer>[0]) {
  const server = await startMailServer(options)
  open.push(server)
  return server
}

function mailDelivery({ deliveries }: Stack, state: DeliveryState) {
  return until(
    `the mail is ${state}`,
    async () => await deliveries.model.findOne({ channel: 'email', state }).lean(),
  )
}

test('without SMTP the mail is a file, and the log says where', async () => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'outbox-'))
  open.push({ close: () => rm(dataDir, { recursive: true }) })
  const stack = await start({ settings: { dataDir } })
  const alice = await stack.register({ email: 'alice@example.com' })
  await alice.signInAgain(CHROME)
  await mailDelivery(stack, 'sent')
  const [name = ''] = await readdir(path.join(dataDir, 'outbox'))
  expect(name).toMatch(/\.eml$/)
  expect(await readFile(path.join(dataDir, 'outbox', name), 'utf8')).toMatch(/^To: alice@example\.com\r$/m)
  expect((await stat(path.join(dataDir, 'outbox', name))).mode & 0o077).toBe(0)
  const lines = logged.filter((line) => line.includes(name))
  expect(lines).toHaveLength(1)
  expect(logged.join('\n')).not.toContain('alice@example.com')
})

test('the users that development seeds have an address, so that a learner sees a mail', async () => {
  const { smtpUrl, mails } = await mailServer()
  const stack = await start({ settings: { smtpUrl } })
  await seed(stack.server)
  for (const userAgent of [USER_AGENT, CHROME]) {
    await fetch(`${stack.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': userAgent },
      body: JSON.stringify({ username: 'alice', password: PASSWORD }),
    })
  }
  await mailDelivery(stack, 'sent')
  expect(mails).toHaveLength(1)
})

test('a mail server that refuses for now gets another try, and the sign-in did not wait for it', async () => {
  let asked = 0
  const { smtpUrl, mails } = await mailServer({
    onRcptTo(_address, _session, done) {
      asked += 1
      done(asked === 1 ? Object.assign(new Error('Come back later'), { responseCode: 451 }) : null)
    },
  })
  const stack = await start({ settings: { smtpUrl } })
  const alice = await stack.register({ email: 'alice@example.com' })
  await alice.signInAgain(CHROME)
  expect(await mailDelivery(stack, 'retrying')).toMatchObject({
    attempts: 1,
    lastError: '127.0.0.1: answered 451',
  })
  await mailDelivery(stack, 'sent')
  expect(mails).toHaveLength(1)
})

test('a mailbox that does not exist is not asked for again', async () => {
  const { smtpUrl } = await mailServer({
    onRcptTo: (_address, _session, done) =>
      done(Object.assign(new Error('No such user'), { responseCode: 550 })),
  })
  const stack = await start({ settings: { smtpUrl } })
  const alice = await stack.register({ email: 'nobody@example.com' })
  await alice.signInAgain(CHROME)
  expect(await mailDelivery(stack, 'failed')).toMatchObject({
    attempts: 1,
    lastError: '127.0.0.1: answered 550',
  })
})

test('a mail server that accepts the connection and says nothing is given up', async () => {
  const silent = createServer((socket) => {
    open.push({ close: () => socket.destroy() })
  })
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  open.push(silent)
  const { port } = silent.address() as AddressInfo
  const { mailFrom, dataDir } = settingsForTests
  const settings = { smtpUrl: `smtp://127.0.0.1:${port}`, mailFrom, dataDir, stepTimeoutMs: 200 }
  const mail = { to: 'alice@example.com', subject: 'Hello', text: 'Hello', messageId: '<1@example.com>' }
  await expect(createMailTransport(settings, log).send(mail)).rejects.toMatchObject({ code: 'ETIMEDOUT' })
})

test('wrong credentials for the mail server are told in the log, without the credentials', async () => {
  const { smtpUrl } = await mailServer({
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: (_auth, _session, done) => done(new Error('Invalid username or password')),
  })
  const stack = await start({ settings: { smtpUrl: smtpUrl.replace('//', '//level4:s3cr3t@') } })
  const alice = await stack.register({ email: 'alice@example.com' })
  await alice.signInAgain(CHROME)
  await mailDelivery(stack, 'failed')
  expect(logged.join('\n')).toContain('Email: 127.0.0.1 rejects this server. Check SMTP_URL.')
  expect(logged.join('\n')).not.toContain('s3cr3t')
})

test('nobody can make us mail words of their own, or more than five mails an hour', async () => {
  const { smtpUrl, mails } = await mailServer()
  const stack = await start({ settings: { smtpUrl } })
  const alice = await stack.register({ email: 'victim@example.com' })
  const metadata = { device: 'Buy now', ip: 'evil.example' }
  const spam = { to: 'me', type: 'login.new', title: 'Buy now', message: 'https://evil.example', metadata }
  expect((await alice.call('POST', '/api/notifications', spam)).status).toBe(201)
  // One after the other, and then several at once: they are decided together.
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    await alice.signInAgain(`Buy-at-evil.example/${attempt} https://evil.example`)
  }
  await Promise.all(
    [4, 5, 6, 7].map((n) => alice.signInAgain(`Buy-at-evil.example/${n} https://evil.example`)),
  )
  await until('all alerts are decided', async () => {
    const waiting = await stack.models.Notification.countDocuments({
      'channels.email.dueAt': { $exists: true },
    })
    return waiting === 0
  })
  await until('the mails are there', () => mails.length >= 5)
  expect(mails).toHaveLength(5)
  for (const { text } of mails) expect(text).not.toMatch(/evil\.example|Buy now/)
})
