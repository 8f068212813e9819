import { createECDH } from 'node:crypto'
import { expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { createEndpointCheck } from '../../src/push/endpoint.ts'
import { subscribeBody } from '../../src/push/subscriptions.ts'

const serviceOf = createEndpointCheck(readConfig({}).pushAllowedHosts)

test.each([
  ['https://fcm.googleapis.com/fcm/send/abc:APA91b', 'fcm.googleapis.com'],
  ['https://jmt17.google.com/fcm/send/abc', 'jmt17.google.com'],
  ['https://updates.push.services.mozilla.com/wpush/v2/gAAA', 'push.services.mozilla.com'],
  ['https://web.push.apple.com/QGuQyavXutnMH', 'push.apple.com'],
  ['https://wns2-by3p.notify.windows.com/w/?token=BQ%3d', 'notify.windows.com'],
])('%s is a push service', (endpoint, service) => {
  expect(serviceOf(endpoint)).toBe(service)
})

test.each([
  ['plain http', 'http://fcm.googleapis.com/x'],
  ['another scheme', 'ftp://fcm.googleapis.com/x'],
  ['no URL', 'fcm.googleapis.com'],
  ['nothing', ''],
  ['credentials', 'https://user:secret@fcm.googleapis.com/x'],
  ['a user name that looks like the host', 'https://fcm.googleapis.com@evil.example/x'],
  ['an odd port', 'https://fcm.googleapis.com:8443/x'],
  ['the usual port, written out', 'https://fcm.googleapis.com:443/x'],
  ['a look-alike suffix', 'https://evilfcm.googleapis.com/x'],
  ['a look-alike prefix', 'https://fcm.googleapis.com.evil.example/x'],
  ['the host in the path', 'https://evil.example/fcm.googleapis.com'],
  ['the host in the query', 'https://evil.example/?https://fcm.googleapis.com/'],
  ['the host in the fragment', 'https://evil.example/#fcm.googleapis.com'],
  ['a fragment', 'https://fcm.googleapis.com/x#y'],
  ['a backslash', 'https://evil.example\\@fcm.googleapis.com/x'],
  ['a tab inside', 'https://fcm.goo\tgleapis.com/x'],
  ['a space in front', ' https://fcm.googleapis.com/x'],
  ['capital letters', 'https://FCM.googleapis.com/x'],
  ['a trailing dot', 'https://fcm.googleapis.com./x'],
  ['IPv4', 'https://127.0.0.1/x'],
  ['IPv4 in decimal', 'https://2130706433/x'],
  ['IPv4 in hexadecimal', 'https://0x7f000001/x'],
  ['IPv4 in octal', 'https://0177.0.0.1/x'],
  ['IPv4 shortened', 'https://127.1/x'],
  ['the cloud metadata address', 'https://169.254.169.254/latest/meta-data'],
  ['IPv6', 'https://[::1]/x'],
  ['IPv4 inside IPv6', 'https://[::ffff:127.0.0.1]/x'],
  ['full-width letters', 'https://ｆcm.googleapis.com/x'],
  ['localhost', 'https://localhost/x'],
])('refused: %s', (_, endpoint) => {
  expect(() => serviceOf(endpoint)).toThrow(expect.objectContaining({ name: 'Refused' }))
})

test('a push service of one’s own needs its host, and its port, on the list', () => {
  const onlyOurs = createEndpointCheck(['localhost:8443', 'push.example.com'])
  expect(onlyOurs('https://localhost:8443/push/1')).toBe('localhost:8443')
  expect(() => onlyOurs('https://localhost:8444/push/1')).toThrow(/Port 8444/)
  expect(() => onlyOurs('https://localhost/push/1')).toThrow(/Port 443/)
  expect(() => onlyOurs('https://push.example.com:8443/1')).toThrow(/Port 8443/)
  expect(() => onlyOurs('https://fcm.googleapis.com/1')).toThrow(/not a push service/)
  expect(createEndpointCheck(['localhost'])('https://localhost:50123/1')).toBe('localhost:50123')
})

const curve = createECDH('prime256v1')
const p256dh = curve.generateKeys('base64url')
const auth = Buffer.alloc(16, 1).toString('base64url')
const subscription = (keys: object, endpoint = 'https://fcm.googleapis.com/x') => ({
  endpoint,
  expirationTime: null,
  keys,
})

test('a subscription as a browser writes it is taken, with padding or without', () => {
  const taken = { endpoint: 'https://fcm.googleapis.com/x', keys: { p256dh, auth } }
  expect(subscribeBody.parse(subscription({ p256dh, auth }))).toEqual(taken)
  expect(subscribeBody.parse(subscription({ p256dh: `${p256dh}=`, auth: `${auth}==` }))).toEqual(taken)
})

test('an endpoint of more than 2,048 characters is refused', () => {
  const keys = { p256dh, auth }
  const of = (length: number) => `https://fcm.googleapis.com/${'x'.repeat(length - 27)}`
  expect(subscribeBody.safeParse(subscription(keys, of(2_048))).success).toBe(true)
  expect(subscribeBody.safeParse(subscription(keys, of(2_049))).success).toBe(false)
})

test.each([
  ['a key that is too short', { p256dh: p256dh.slice(0, 80), auth }],
  ['a compressed key', { p256dh: curve.getPublicKey('base64url', 'compressed'), auth }],
  ['a point off the curve', { p256dh: Buffer.alloc(65, 4).toString('base64url'), auth }],
  ['a secret of 15 bytes', { p256dh, auth: Buffer.alloc(15).toString('base64url') }],
  ['a secret of 17 bytes', { p256dh, auth: Buffer.alloc(17).toString('base64url') }],
  ['characters that are not base64url', { p256dh: `${p256dh.slice(0, 86)}!`, auth }],
  ['an object for a key', { p256dh: { $gt: '' }, auth }],
  ['no keys', {}],
])('refused: %s', (_, keys) => {
  expect(subscribeBody.safeParse(subscription(keys)).success).toBe(false)
})
