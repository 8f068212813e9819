import {
  connectDatabase,
  createModels,
  type Models,
  readOrMakeSetting,
} from '@levels/3-jwt-notifications/src/doors.ts'
import { type EmbeddedMongo, startEmbeddedMongo } from '@levels/embedded-mongo'
import type { Connection } from 'mongoose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import webPush from 'web-push'
import { createEndpointCheck } from '../../src/push/endpoint.ts'
import { loadVapidKeys } from '../../src/push/index.ts'
import { createPushPost, createVapidAuthorization } from '../../src/push/post.ts'

let mongo: EmbeddedMongo
let db: Connection
let models: Models

beforeAll(async () => {
  mongo = await startEmbeddedMongo()
  db = await connectDatabase(mongo.uri)
  models = createModels(db)
})
afterAll(async () => {
  await db.close()
  await mongo.close()
})

const keep = (name: string, make: () => string) => readOrMakeSetting(models.Setting, name, make)

const startError = (message: RegExp) =>
  expect.objectContaining({ name: 'StartError', message: expect.stringMatching(message) })

test('instances that start at the same moment agree on one key pair, and keep it', async () => {
  const pairs = await Promise.all(Array.from({ length: 8 }, () => loadVapidKeys(keep)))
  expect(new Set(pairs.map(({ publicKey }) => publicKey)).size).toBe(1)
  expect(await loadVapidKeys(keep)).toEqual(pairs[0])
})

test('a pair from the environment is used as it is', async () => {
  const pair = webPush.generateVAPIDKeys()
  expect(await loadVapidKeys(keep, pair)).toEqual(pair)
})

test.each([
  ['keys of two pairs', webPush.generateVAPIDKeys().privateKey],
  ['a private key of zeros', Buffer.alloc(32).toString('base64url')],
])('%s: the start is refused, with the cure', async (_, privateKey) => {
  const { publicKey } = webPush.generateVAPIDKeys()
  await expect(loadVapidKeys(keep, { publicKey, privateKey })).rejects.toEqual(
    startError(/VAPID_PUBLIC_KEY.*VAPID_PRIVATE_KEY.*npx web-push generate-vapid-keys/),
  )
})

test.each([
  ['is not there', '/nowhere/ca.pem'],
  ['holds no certificate', import.meta.filename],
])('a certificate file that %s: the start is refused, with the name of the variable', (_, pushCaFile) => {
  const config = { vapidSubject: 'mailto:admin@example.com', pushCaFile }
  expect(() => createPushPost(webPush.generateVAPIDKeys(), createEndpointCheck([]), config)).toThrow(
    startError(new RegExp(`PUSH_CA_FILE=${pushCaFile}`)),
  )
})

test('an authorization is for one push service only, and is used again', () => {
  const authorizationFor = createVapidAuthorization(webPush.generateVAPIDKeys(), 'mailto:admin@example.com')
  const first = authorizationFor('https://one.example')
  const [, token = ''] = /^vapid t=([^,]+), k=/.exec(first) ?? []
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  expect(claims).toMatchObject({ aud: 'https://one.example', sub: 'mailto:admin@example.com' })
  expect(claims.exp * 1_000 - Date.now()).toBeLessThanOrEqual(86_400_000)
  expect(authorizationFor('https://one.example')).toBe(first)
  expect(authorizationFor('https://two.example')).not.toBe(first)
  // Whoever makes up ever more subdomains fills no memory: after a thousand it begins anew.
  for (let n = 0; n < 1_000; n++) authorizationFor(`https://${n}.example`)
  expect(authorizationFor('https://one.example')).not.toBe(first)
})
