import { createECDH } from 'node:crypto'
import { expect, test } from 'vitest'
import { createSubscriptions } from '../../src/push/subscriptions.ts'
import type { Account } from '../support/account.ts'
import { startPushStack } from '../support/push-stack.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const { service, stack } = await startPushStack()

const path = '/api/push/subscriptions'
const save = (account: Account, body: unknown = service.subscribe()) => account.call('POST', path, body)

async function endpointsOf(account: Account): Promise<string[]> {
  const { body } = await account.call('GET', path)
  return body.items.map(({ endpoint }: { endpoint: string }) => endpoint)
}

test('the public key is a P-256 point, given to anyone, and the same after a restart', async () => {
  const ask = async (url: string) => (await (await fetch(`${url}/api/push/public-key`)).json()).publicKey
  const publicKey = await ask(stack.url)
  expect(Buffer.from(publicKey, 'base64url')).toHaveLength(65)
  const second = await startStack({ mongodbUri: stack.mongodbUri })
  expect(await ask(second.url)).toBe(publicKey)
  await second.close()
})

test('a start with another key forgets the browsers that subscribed with the one before: nothing would reach them', async () => {
  const alice = await stack.register()
  await save(alice)
  const { db } = stack.models.User
  const serviceOf = () => 'localhost'
  const aliveSessions = async (sids: string[]) => new Set(sids)
  await createSubscriptions({ db, publicKey: 'another', serviceOf, aliveSessions })
  expect(await endpointsOf(alice)).toEqual([])
})

test('the same browser twice is one row, in parallel too', async () => {
  const alice = await stack.register()
  const browser = service.subscribe()
  const answers = await Promise.all(Array.from({ length: 20 }, () => save(alice, browser)))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
  expect(await endpointsOf(alice)).toEqual([browser.endpoint])
})

test('a browser belongs to whoever saved it last', async () => {
  const [alice, bob] = [await stack.register(), await stack.register()]
  const browser = service.subscribe()
  await save(alice, browser)
  await save(bob, browser)
  expect(await endpointsOf(alice)).toEqual([])
  expect(await endpointsOf(bob)).toEqual([browser.endpoint])
})

test('ten browsers a user: the one not heard of for longest makes room', async () => {
  const alice = await stack.register()
  const browsers = Array.from({ length: 11 }, () => service.subscribe())
  for (const browser of browsers) await save(alice, browser)
  expect(await endpointsOf(alice)).toEqual(
    browsers
      .slice(1)
      .map(({ endpoint }) => endpoint)
      .reverse(),
  )
  await Promise.all(Array.from({ length: 15 }, () => save(alice)))
  expect(await endpointsOf(alice)).toHaveLength(10)
})

test('turning push off removes one’s own browser only, and twice is as good as once', async () => {
  const [alice, bob] = [await stack.register(), await stack.register()]
  const { endpoint } = (await save(alice)).body
  expect((await bob.call('DELETE', path, { endpoint })).status).toBe(204)
  expect(await endpointsOf(alice)).toEqual([endpoint])
  expect((await alice.call('DELETE', path, { endpoint })).status).toBe(204)
  expect((await alice.call('DELETE', path, { endpoint })).status).toBe(204)
  expect(await endpointsOf(alice)).toEqual([])
})

test('signing out ends push for this browser; the user’s other browsers keep theirs', async () => {
  const laptop = await stack.register()
  const phone = await laptop.signInAgain()
  await save(laptop)
  const { endpoint } = (await save(phone)).body
  await laptop.signOut()
  expect(await endpointsOf(phone)).toEqual([endpoint])
  const { body } = await phone.call('POST', '/api/notifications', {
    to: 'me',
    title: 'Hello',
    message: 'World',
  })
  await until('pushed', () => service.messages.some(({ plaintext }) => plaintext.includes(body.id)))
  expect(service.messages.map((message) => message.endpoint)).toEqual([endpoint])
})

test('a device that was signed out from afar gets nothing any more', async () => {
  const laptop = await stack.register()
  const phone = await laptop.signInAgain()
  await save(phone)
  const { body } = await laptop.call('GET', '/api/auth/sessions')
  const other = body.items.find(({ current }: { current: boolean }) => !current)
  expect((await laptop.call('DELETE', `/api/auth/sessions/${other.id}`)).status).toBe(204)
  expect(await endpointsOf(laptop)).toEqual([])
})

const keys = { auth: 'AAAAAAAAAAAAAAAAAAAAAA', p256dh: createECDH('prime256v1').generateKeys('base64url') }
test.each([
  ['a foreign host', { endpoint: 'https://evil.example/', keys }, 'endpoint_not_allowed'],
  ['the machine itself', { endpoint: 'https://127.0.0.1:27017/', keys }, 'endpoint_not_allowed'],
  ['no keys', { endpoint: 'https://localhost/' }, 'bad_payload'],
  ['an object for an endpoint', { endpoint: { $gt: '' }, keys }, 'bad_payload'],
  ['an array', [], 'bad_payload'],
  ['nothing', null, 'bad_json'],
])('refused and not saved: %s', async (_, body, code) => {
  const alice = await stack.register()
  expect(await save(alice, body)).toMatchObject({ status: 400, body: { code } })
  expect(await endpointsOf(alice)).toEqual([])
})

test.each([
  ['GET', path],
  ['POST', path],
  ['DELETE', path],
  ['POST', '/api/push/test'],
])('%s %s is for people who are signed in', async (method, url) => {
  const response = await fetch(stack.url + url, { method })
  expect(response.status).toBe(401)
})

test('the routes are in the API’s description', async () => {
  const { paths } = await (await fetch(`${stack.url}/api/openapi.json`)).json()
  expect(Object.keys(paths)).toEqual(
    expect.arrayContaining([path, '/api/push/public-key', '/api/push/test', '/api/admin/deliveries']),
  )
})
