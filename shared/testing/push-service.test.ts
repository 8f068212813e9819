import { createPrivateKey, type JsonWebKey } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import jwt from 'jsonwebtoken'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import webPush from 'web-push'
import { type PushService, startPushService, type TestSubscription } from './push-service.ts'

const vapid = { subject: 'mailto:admin@example.com', ...webPush.generateVAPIDKeys() }
let service: PushService
let agent: Agent

beforeAll(async () => {
  service = await startPushService()
  agent = new Agent({ ca: await readFile(service.caFile), keepAlive: true })
})
afterEach(() => {
  service.messages.length = 0
  service.requests.length = 0
})
afterAll(async () => {
  agent.destroy()
  await service.close()
})

/** Sends with the unmodified package; resolves with the status, whether that is success for it or not. */
async function send(
  subscription: TestSubscription,
  payload?: string | Buffer,
  options: webPush.RequestOptions = {},
) {
  const sent = webPush.sendNotification(subscription, payload, { vapidDetails: vapid, agent, ...options })
  const { statusCode, headers, body } = await sent.catch((problem: unknown) => {
    if (problem instanceof webPush.WebPushError) return problem
    throw problem
  })
  return { status: statusCode, headers: headers as Record<string, string>, body }
}

test('web-push delivers to it, and the message can be read', async () => {
  const subscription = service.subscribe()
  const options = { TTL: 60, urgency: 'high', topic: 'order-1' } as const
  const { status, headers } = await send(subscription, 'Schöne Grüße ✓', options)
  expect(status).toBe(201)
  expect(headers.location).toContain(service.origin)
  expect(await service.waitForMessages(1)).toEqual([
    {
      endpoint: subscription.endpoint,
      ttl: 60,
      urgency: 'high',
      topic: 'order-1',
      plaintext: 'Schöne Grüße ✓',
    },
  ])
  expect(service.requests).toMatchObject([{ endpoint: subscription.endpoint, answer: 201 }])
})

test('a message without a payload arrives empty', async () => {
  expect((await send(service.subscribe())).status).toBe(201)
  expect(service.messages).toMatchObject([{ plaintext: '', urgency: 'normal', topic: undefined }])
})

test('3,993 bytes of text are the most that fits', async () => {
  const subscription = service.subscribe()
  expect((await send(subscription, 'x'.repeat(3_993))).status).toBe(201)
  expect((await send(subscription, 'x'.repeat(3_994))).status).toBe(413)
  expect(service.messages.map(({ plaintext }) => plaintext.length)).toEqual([3_993])
})

test('nobody trusts it without its authority', async () => {
  const sent = webPush.sendNotification(service.subscribe(), 'x', { vapidDetails: vapid })
  await expect(sent).rejects.toThrow(/certificate/)
})

test('a message for other keys is unreadable', async () => {
  const { keys } = service.subscribe()
  const answer = await send({ ...service.subscribe(), keys }, 'x')
  expect(answer).toMatchObject({ status: 400, body: expect.stringContaining('cannot read') })
  expect(service.messages).toEqual([])
})

test('an endpoint that was never handed out is not found', async () => {
  const unknown = { ...service.subscribe(), endpoint: `${service.origin}/push/unknown` }
  expect((await send(unknown, 'x')).status).toBe(404)
})

test.each([403, 404, 410, 413, 500])('answers %i when told to', async (answer) => {
  const subscription = service.subscribe()
  subscription.setBehaviour({ answer })
  expect((await send(subscription, 'x')).status).toBe(answer)
  expect((await send(service.subscribe(), 'other')).status).toBe(201)
  expect(service.messages.map(({ plaintext }) => plaintext)).toEqual(['other'])
})

test('answers 429 with Retry-After, then takes the message', async () => {
  const subscription = service.subscribe()
  subscription.setBehaviour({ answer: 429, retryAfter: 7 }, { answer: 201 })
  expect(await send(subscription, 'first')).toMatchObject({ status: 429, headers: { 'retry-after': '7' } })
  expect((await send(subscription, 'second')).status).toBe(201)
  expect((await send(subscription, 'third')).status).toBe(201)
  expect(service.messages.map(({ plaintext }) => plaintext)).toEqual(['second', 'third'])
  expect(service.requests.map(({ answer }) => answer)).toEqual([429, 201, 201])
})

test('hangs when told to, and serves the others meanwhile', async () => {
  const subscription = service.subscribe()
  subscription.setBehaviour({ answer: 'hang' })
  const hanging = send(subscription, 'x', { timeout: 300 })
  expect((await send(service.subscribe(), 'other')).status).toBe(201)
  await expect(hanging).rejects.toThrow('Socket timeout')
  expect(service.requests.map(({ answer }) => answer).toSorted()).toEqual([201, 'hang'])
})

test('waiting for more messages than come ends with an error', async () => {
  await expect(service.waitForMessages(1, 50)).rejects.toThrow('0 push messages after 50 ms, expected 1')
})

/** A VAPID header that web-push would not make: the token's claims and key, and the key it comes with. */
function authorization(claims: object, keys = vapid, shownKey = keys.publicKey): string {
  const point = Buffer.from(keys.publicKey, 'base64url')
  const [x, y] = [point.toString('base64url', 1, 33), point.toString('base64url', 33)]
  const key: JsonWebKey = { kty: 'EC', crv: 'P-256', x, y, d: keys.privateKey }
  const privateKey = createPrivateKey({ key, format: 'jwk' })
  const inOneHour = Math.floor(Date.now() / 1000) + 3_600
  const all = { aud: service.origin, sub: vapid.subject, exp: inOneHour, ...claims }
  const present = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  return `vapid t=${jwt.sign(present, privateKey, { algorithm: 'ES256', noTimestamp: true })}, k=${shownKey}`
}

/** A bare request, for what web-push does not let through. */
function post(headers: Record<string, string>): Promise<{ status: number | undefined; body: string }> {
  const { endpoint } = service.subscribe()
  return new Promise((resolve, reject) => {
    const sent = request(endpoint, { method: 'POST', agent, headers }, async (response) => {
      resolve({ status: response.statusCode, body: (await response.toArray()).join('') })
    })
    sent.on('error', reject).end()
  })
}

const now = () => Math.floor(Date.now() / 1000)
const otherKeys = { subject: vapid.subject, ...webPush.generateVAPIDKeys() }

test('accepts a token made by hand', async () => {
  expect(await post({ ttl: '1', authorization: authorization({}) })).toEqual({ status: 201, body: '' })
})

test.each([
  ['signed by another key', 403, 'invalid signature', () => authorization({}, otherKeys, vapid.publicKey)],
  ['for another service', 403, 'audience', () => authorization({ aud: 'https://push.example.com' })],
  ['expired', 403, 'jwt expired', () => authorization({ exp: now() - 1 })],
  ['valid for more than a day', 403, '24 hours', () => authorization({ exp: now() + 86_500 })],
  ['that never expires', 403, 'exp is missing', () => authorization({ exp: undefined })],
  ['without a contact', 403, 'sub is not', () => authorization({ sub: undefined })],
  ['with localhost as the contact', 403, 'sub is not', () => authorization({ sub: 'mailto:me@localhost' })],
  ['with an http contact', 403, 'sub is not', () => authorization({ sub: 'http://example.com' })],
  ['with an address as the contact', 403, 'sub is not', () => authorization({ sub: 'https://192.0.2.1' })],
  ['with a key that is none', 403, 'not an uncompressed', () => authorization({}, vapid, 'AAAA')],
  ['with a key off the curve', 403, 'not a point', () => authorization({}, vapid, `B${'A'.repeat(86)}`)],
  ['that is no token', 403, 'jwt malformed', () => `vapid t=x, k=${vapid.publicKey}`],
  ['of another scheme', 401, 'not vapid', () => 'Bearer x'],
  ['without a key', 401, 'needs t and k', () => authorization({}).replace(/, k=.*/, '')],
])('refuses a token %s', async (_name, status, problem, makeHeader) => {
  const answer = await post({ ttl: '1', authorization: makeHeader() })
  expect(answer).toEqual({ status, body: expect.stringContaining(problem) })
  expect(service.messages).toEqual([])
})

test('refuses a sender that does not say who it is', async () => {
  expect(await post({ ttl: '1' })).toMatchObject({ status: 401, body: 'no Authorization header' })
})

test('a subscription made for one VAPID key refuses all others', async () => {
  const subscription = service.subscribe({ applicationServerKey: vapid.publicKey })
  expect((await send(subscription, 'x', { vapidDetails: otherKeys })).status).toBe(403)
  expect((await send(subscription, 'x')).status).toBe(201)
})

test.each([
  ['without TTL', {}, 'TTL'],
  ['with a TTL that is no number', { ttl: 'soon' }, 'TTL'],
  ['with an unknown urgency', { ttl: '1', urgency: 'extreme' }, 'Urgency'],
  ['with a topic that is too long', { ttl: '1', topic: 'x'.repeat(33) }, 'Topic'],
  ['with a topic of odd characters', { ttl: '1', topic: 'a b' }, 'Topic'],
])('refuses a message %s', async (_name, headers, problem) => {
  const answer = await post({ ...headers, authorization: authorization({}) })
  expect(answer).toEqual({ status: 400, body: expect.stringContaining(problem) })
})

test('leaves nothing behind', async () => {
  const other = await startPushService()
  expect(existsSync(other.caFile)).toBe(true)
  await other.close()
  expect(existsSync(other.caFile)).toBe(false)
})
