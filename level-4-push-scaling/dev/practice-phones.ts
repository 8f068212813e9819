import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Env } from '@levels/shared/server/config.ts'
import { HttpError, readText, sendHttpError, sendJson } from '@levels/shared/server/respond.ts'
import { listen } from '@levels/shared/server/run.ts'
import { decryptPush, makeReceiverKeys, publicKeysOf } from '@levels/shared/testing/push-decrypt.ts'
import { acceptPush, PushRefused } from '@levels/shared/testing/push-request.ts'
import { makeTestCertificate } from '@levels/shared/testing/test-certificate.ts'
import type { PhoneAnswer, PhoneState, Received } from '../client/phone-shapes.ts'

/** The oldest phone, and its oldest message, make room. */
const MAX_PHONES = 50
const MAX_RECEIVED = 10
/** Of the encrypted bytes as many are shown. */
const MAX_BYTES = 512
const RETRY_AFTER_S = 3
const MAX_BODY = 1_000

interface Phone {
  keys: ReturnType<typeof makeReceiverKeys>
  publicKey: string
  answer: PhoneAnswer
  received: Received[]
}

/**
 * Practice phones: a push service and the devices behind it, on this machine and without a network. Messages come over
 * TLS, are checked and decrypted as RFC 8030, 8291 and 8292 say. Development only: `dev/cluster.ts` starts it.
 *
 * Returns what an instance has to be told: the authority to trust, the one further host that an endpoint may name, and
 * where phones are made, which is for the instances alone.
 */
export async function startPracticePhones(
  allowedHosts: readonly string[],
): Promise<{ env: Env; close(): Promise<void> }> {
  const { ca, key, cert } = await makeTestCertificate()
  const folder = await mkdtemp(path.join(tmpdir(), 'practice-phones-'))
  const caFile = path.join(folder, 'ca.pem')
  await writeFile(caFile, ca)
  const phones = new Map<string, Phone>()
  const secret = randomBytes(24).toString('base64url')

  const service = createServer({ key, cert }, (req, res) => void receive(req, res))
  const control = createHttpServer((req, res) => {
    manage(req, res).catch((error: unknown) => {
      if (error instanceof HttpError) sendHttpError(res, error)
      else sendHttpError(res, new HttpError(500, 'internal', `The practice phone failed: ${error}`))
    })
  })
  for (const server of [service, control]) await listen(server, { host: '127.0.0.1', port: 0 })
  const origin = `https://localhost:${portOf(service)}`

  /** A message of an instance to a phone, as a push service takes it. */
  async function receive(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const phone = phones.get((req.url ?? '').slice('/phone/'.length))
    if (!phone) return void res.writeHead(404).end('no such subscription')
    try {
      const { headers, body } = await acceptPush(req, origin, phone.publicKey)
      const { answer } = phone
      const received: Received = {
        at: new Date().toISOString(),
        answer,
        headers: { ...headers, bytes: body.length },
        vapid: readToken(req.headers.authorization),
        encrypted: body.subarray(0, MAX_BYTES).toString('hex'),
        ...(answer === '201' && body.length > 0 && { text: decryptPush(body, phone.keys).toString() }),
      }
      phone.received = [received, ...phone.received].slice(0, MAX_RECEIVED)
      if (answer === 'nothing') return
      const after = answer === '429' ? { 'retry-after': String(RETRY_AFTER_S) } : {}
      res.writeHead(Number(answer), after).end()
    } catch (error) {
      if (error instanceof PushRefused) res.writeHead(error.status, error.headers).end(error.message)
      else res.writeHead(400).end('this device cannot read the message')
    }
  }

  /** Makes phones, tells what they got, and what their push service shall answer. */
  async function manage(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.headers['x-secret'] !== secret) throw new HttpError(403, 'forbidden', 'For the instances only.')
    const [, , id = ''] = (req.url ?? '').split('/')
    const body = req.method === 'GET' ? {} : JSON.parse(await readText(req, MAX_BODY))
    if (req.method === 'POST') return sendJson(res, 201, add(body.publicKey))
    const phone = phones.get(id)
    if (!phone)
      throw new HttpError(404, 'not_found', 'There is no such practice phone any more: add a new one.')
    if (req.method === 'PUT') phone.answer = body.answer
    const { answer, received } = phone
    sendJson(res, 200, { answer, received } satisfies PhoneState)
  }

  function add(publicKey: string) {
    const id = randomUUID()
    const keys = makeReceiverKeys()
    phones.set(id, { keys, publicKey, answer: '201', received: [] })
    const [oldest] = phones.keys()
    if (phones.size > MAX_PHONES && oldest !== undefined) phones.delete(oldest)
    return { id, subscription: { endpoint: `${origin}/phone/${id}`, keys: publicKeysOf(keys) } }
  }

  return {
    env: {
      PUSH_CA_FILE: caFile,
      PUSH_ALLOWED_HOSTS: [...allowedHosts, `localhost:${portOf(service)}`].join(),
      PRACTICE_PHONES: `http://127.0.0.1:${portOf(control)}`,
      PRACTICE_PHONES_SECRET: secret,
    },
    async close() {
      await Promise.all([end(service), end(control)])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const portOf = (server: Pick<Server, 'address'>) => (server.address() as AddressInfo).port

async function end(server: Pick<Server, 'close' | 'closeAllConnections'>): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
}

/** Who signed for it, until when, and for whom: the middle of the token in `Authorization: vapid t=…, k=…`. */
function readToken(authorization = ''): string {
  const [, claims = ''] = /t=[\w-]+\.([\w-]+)\./.exec(authorization) ?? []
  return Buffer.from(claims, 'base64url').toString()
}
