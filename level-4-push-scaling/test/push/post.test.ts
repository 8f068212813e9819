import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listen, urlOf } from '@levels/shared/server/run.ts'
import { makeReceiverKeys, publicKeysOf } from '@levels/shared/testing/push-decrypt.ts'
import { makeTestCertificate } from '@levels/shared/testing/test-certificate.ts'
import { expect, onTestFinished, test } from 'vitest'
import webPush from 'web-push'
import { createEndpointCheck } from '../../src/push/endpoint.ts'
import { createPushPost } from '../../src/push/post.ts'

test('a yes whose body never ends is a yes at once, and does not keep its connection', async () => {
  const { ca, key, cert } = await makeTestCertificate()
  const folder = await mkdtemp(join(tmpdir(), 'push-post-'))
  const pushCaFile = join(folder, 'ca.pem')
  await writeFile(pushCaFile, ca)
  const server = createServer({ key, cert }, (_request, response) => {
    response.writeHead(201, { 'content-length': '100' }).write('only the beginning')
  })
  await listen(server, { host: '127.0.0.1', port: 0 })
  const connected = once(server, 'secureConnection')
  const vapidSubject = 'mailto:admin@example.com'
  const post = createPushPost(webPush.generateVAPIDKeys(), createEndpointCheck(['localhost']), {
    vapidSubject,
    pushCaFile,
  })
  onTestFinished(async () => {
    post.close()
    server.close()
    server.closeAllConnections()
    await rm(folder, { recursive: true })
  })

  const endpoint = `https://localhost:${new URL(urlOf(server)).port}/push/1`
  const subscription = { endpoint, keys: publicKeysOf(makeReceiverKeys()) }
  const started = performance.now()
  const words = { id: '1', seq: 1, type: 'message', title: 'Hello', message: 'World', url: '/', unread: 1 }
  const answer = await post.send(subscription, words, { ttl: 60, urgency: 'normal' })
  expect(answer.status).toBe(201)
  expect(performance.now() - started).toBeLessThan(3_000)
  const [socket] = await connected
  if (!socket.destroyed) await once(socket, 'close')
  expect(performance.now() - started).toBeLessThan(5_000)
})
