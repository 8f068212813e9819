import { StartError } from '@levels/shared/server/config.ts'
import { describe, expect, test } from 'vitest'
import webPush from 'web-push'
import { readConfig } from '../src/config.ts'

const { publicKey, privateKey } = webPush.generateVAPIDKeys()
const keys = { VAPID_PUBLIC_KEY: publicKey, VAPID_PRIVATE_KEY: privateKey }
const production = {
  NODE_ENV: 'production',
  JWT_SECRET: '0123456789abcdef0123456789abcdef',
  MONGODB_URI: 'mongodb://127.0.0.1:27017/level-4',
  REDIS_URL: 'redis://127.0.0.1:6379',
  ...keys,
}

test('development needs nothing to be set', () => {
  expect(readConfig({})).toMatchObject({
    port: 3000,
    instance: 'app1',
    pushDelayMs: 5_000,
    cookieSecure: false,
  })
})

describe('production', () => {
  test('starts with its own secrets and services, and keeps its cookie to https', () => {
    expect(readConfig(production)).toMatchObject({ cookieSecure: true, redisUrl: production.REDIS_URL })
  })

  test.each(['JWT_SECRET', 'VAPID_PUBLIC_KEY', 'VAPID_PRIVATE_KEY', 'MONGODB_URI', 'REDIS_URL'])(
    'does not start without %s, and says so by that name',
    (name) => {
      const read = () => readConfig({ ...production, [name]: '' })
      expect(read).toThrow(StartError)
      expect(read).toThrow(name)
    },
  )

  test('makes its secrets only when told to, as docker compose does without .env', () => {
    const { JWT_SECRET, VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY, ...bare } = production
    expect(() => readConfig({ ...bare, MAKE_SECRETS: 'false' })).toThrow('JWT_SECRET')
    const config = readConfig({ ...bare, MAKE_SECRETS: 'true' })
    expect([config.jwtSecret, config.vapid]).toEqual([undefined, undefined])
  })
})

test.each([
  ['INSTANCE_NAME', 'app 1'],
  ['REDIS_URL', '127.0.0.1:6379'],
  ['REDIS_URL', 'http://127.0.0.1:6379'],
  ['PUSH_DELAY_MS', '5s'],
  ['PUSH_ALLOWED_HOSTS', 'https://push.example.com'],
  ['PUSH_ALLOWED_HOSTS', 'push.example.com,*'],
  ['PUSH_ALLOWED_HOSTS', 'push.example.com:0'],
  ['PUSH_ALLOWED_HOSTS', 'push.example.com:65536'],
  ['PUSH_ALLOWED_HOSTS', 'push.example.com:0443'],
  ['VAPID_PUBLIC_KEY', publicKey], // the other one is missing
  ['SMTP_URL', 'mail.example.com:25'],
  ['SMTP_URL', 'smtp://'],
  ['MAIL_FROM', 'Our app'],
  ['MAIL_FROM', 'a@example.com, b@example.com'],
  ['MAIL_FROM', 'Our app <a@example.com>\nBcc: b@example.com'],
  ['COOKIE_SECURE', 'yes'],
  ['MAKE_SECRETS', '1'],
  ['TRUST_PROXY', 'true'],
])('refuses %s=%s in one line that names it', (name, value) => {
  const read = () => readConfig({ [name]: value })
  expect(read).toThrow(StartError)
  expect(read).toThrow(name)
})

test.each([
  ['mailto:admin@example.com', true],
  ['https://example.com/contact', true],
  ['mailto:admin@localhost', false],
  ['https://localhost', false],
  ['http://example.com', false],
  ['mailto:admin', false],
  ['https://127.0.0.1', false],
  ['admin@example.com', false],
  ['mailto: admin@example.com', false],
  [' mailto:admin@example.com', false],
  ['mailto:@example.com', false],
  ['mailto:admin@example.com@localhost', false],
  ['mailto:admin@push.localhost', false],
  [' https://example.com', false],
])('VAPID_SUBJECT=%s: %s, since push services refuse a contact that leads nowhere', (subject, accepted) => {
  const read = () => readConfig({ VAPID_SUBJECT: subject })
  if (accepted) expect(read().vapidSubject).toBe(subject)
  else expect(read).toThrow('VAPID_SUBJECT')
})

test('hosts of push services may have any real port', () => {
  const hosts = ['push.example.com:65535', 'localhost:8443', '*.push.example.com:443', 'localhost']
  expect(readConfig({ PUSH_ALLOWED_HOSTS: hosts.join(', ') }).pushAllowedHosts).toEqual(hosts)
})

test.each([
  ['with padding', (key: string) => key + '='.repeat((4 - (key.length % 4)) % 4)],
  ['in standard base64', (key: string) => Buffer.from(key, 'base64url').toString('base64')],
])('VAPID keys %s are the same keys', (_, write) => {
  const written = { VAPID_PUBLIC_KEY: write(publicKey), VAPID_PRIVATE_KEY: write(privateKey) }
  expect(written).not.toEqual(keys)
  expect(readConfig(written).vapid).toEqual({ publicKey, privateKey })
})

test('a refusal never repeats a secret', () => {
  const secrets = {
    VAPID_PRIVATE_KEY: 'not-for-anyones-eyes',
    VAPID_PUBLIC_KEY: 'x',
    JWT_SECRET: 'short-secret',
  }
  for (const [name, secret] of Object.entries(secrets)) {
    try {
      readConfig({ [name]: secret })
    } catch (error) {
      expect(String(error)).not.toContain(secret === 'x' ? 'x:' : secret)
      continue
    }
    throw new Error(`${name} was accepted`)
  }
})
