import { type PushService, startPushService } from '@levels/shared/testing/push-service.ts'
import { io } from 'socket.io-client'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startMailServer } from '../support/mail-server.ts'
import { type Stack, type StackOptions, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36'

let service: PushService
const open: { close(): unknown }[] = []

beforeAll(async () => {
  service = await startPushService()
})
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
  service.messages.length = 0
})
afterAll(() => service.close())

async function start(options: StackOptions = {}): Promise<Stack> {
  const stack = await startStack({ settings: { pushCaFile: service.caFile, ...options.settings } })
  open.push(stack)
  return stack
}

test('a sign-in from a new device reaches the user over socket, push and email, and the new device not over push', async () => {
  const mailServer = await startMailServer()
  open.push(mailServer)
  const { smtpUrl, mails } = mailServer
  const stack = await start({ settings: { smtpUrl } })
  const alice = await stack.register({ email: 'alice@example.com' })
  const browser = service.subscribe()
  await alice.call('POST', '/api/push/subscriptions', browser)
  const socket = io(stack.url, { transports: ['websocket'], auth: { token: alice.token } })
  open.push(socket)
  const emitted = new Promise((resolve) => socket.once('notification:new', resolve))
  await new Promise((resolve) => socket.once('session:ready', resolve))

  const stranger = await alice.signInAgain(CHROME)
  await stranger.call('POST', '/api/push/subscriptions', service.subscribe())
  const metadata = { ip: '127.0.0.1', device: 'Chrome on Windows', sessionId: expect.any(String) }
  expect(await emitted).toMatchObject({ type: 'login.new', metadata, actionUrl: '/#devices' })

  await until('push and mail are there', () => service.messages.length > 0 && mails.length > 0)
  expect(service.messages.map(({ endpoint }) => endpoint)).toEqual([browser.endpoint])
  expect(JSON.parse(service.messages[0]?.plaintext ?? '')).toMatchObject({
    type: 'login.new',
    unread: 1,
    url: '/#devices',
  })
  expect(mails).toMatchObject([{ to: ['alice@example.com'] }])
  expect(mails[0]?.text).toMatch(/^Subject: New sign-in to your account\r$/m)
  expect(mails[0]?.text).toMatch(/^Your devices: http:\/\/localhost:3000\/#devices\r$/m)
  expect(mails[0]?.text).toMatch(/^Your password: http:\/\/localhost:3000\/#password\r$/m)
  expect(mails[0]?.text).toMatch(/Device: +Chrome on Windows\r\n +Address: +127\.0\.0\.1/)
})

test('the alert goes out even when the new device is the first to see and read it', async () => {
  const stack = await start()
  const alice = await stack.register()
  await alice.call('POST', '/api/push/subscriptions', service.subscribe())
  // The thief's page is quicker than the push.
  await stack.models.User.updateOne({ _id: alice.userId }, { $set: { deliveredUpTo: 1_000 } })
  await alice.signInAgain(CHROME)
  await service.waitForMessages(1)
})

test('the first sign-in and one from a known device alert nobody', async () => {
  const stack = await start()
  const alice = await stack.register({ email: 'alice@example.com' })
  await alice.signInAgain()
  expect((await alice.call('GET', '/api/notifications')).body.items).toEqual([])
})
