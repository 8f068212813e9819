import { randomUUID } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decryptPush, makeReceiverKeys, publicKeysOf, type SubscriptionKeys } from './push-decrypt.ts'
import { acceptPush, PushRefused } from './push-request.ts'
import { makeTestCertificate } from './test-certificate.ts'

/** What the service does with a message that is otherwise in order. */
export interface Behaviour {
  /** 201 delivers; any other status refuses; `hang` never answers. */
  answer: number | 'hang'
  /** Sent as `Retry-After`: seconds, or an HTTP date. */
  retryAfter?: number | string
  /** Sent as `Location`: with a 3xx, where the message should go instead. */
  location?: string
}

export interface PushMessage {
  endpoint: string
  ttl: number
  urgency: string
  topic: string | undefined
  /** Decrypted as the browser would; empty for a message without a payload. */
  plaintext: string
}

export interface TestSubscription {
  endpoint: string
  keys: SubscriptionKeys
  /** From now on: one behaviour a message, in turn; the last one stays. */
  setBehaviour(...behaviours: [Behaviour, ...Behaviour[]]): void
}

export interface PushService {
  port: number
  /** `https://localhost:<port>`: where the endpoints are, and the audience of VAPID tokens. */
  origin: string
  /** The authority to trust, as a PEM file: for `new https.Agent({ ca })` or PUSH_CA_FILE. */
  caFile: string
  /** What `pushManager.subscribe()` gives to a page; with a key, only that VAPID key may send to it. */
  subscribe(options?: { applicationServerKey?: string }): TestSubscription
  /** Messages delivered so far. */
  messages: PushMessage[]
  /** Every request to an endpoint and how it was answered, refused ones too; `at` is in epoch milliseconds. */
  requests: { endpoint: string; answer: number | 'hang'; at: number }[]
  /** Resolves when so many messages are there in all; rejects after the given time (10 s). */
  waitForMessages(count: number, timeoutMs?: number): Promise<PushMessage[]>
  close(): Promise<void>
}

interface Subscriber {
  keys: ReturnType<typeof makeReceiverKeys>
  applicationServerKey: string | undefined
  behaviours: Behaviour[]
}

let certificate: ReturnType<typeof makeTestCertificate> | undefined

/**
 * Stands in for the push services of the browser vendors, and for the browser behind them: takes messages as
 * RFC 8030 says, over TLS, checks who sends them (RFC 8292), and decrypts them (RFC 8291). Loopback only.
 */
export async function startPushService(): Promise<PushService> {
  certificate ??= makeTestCertificate() // it takes time to make, and all services of a process can use one
  const { ca, key, cert } = await certificate
  const folder = await mkdtemp(join(tmpdir(), 'push-service-'))
  const caFile = join(folder, 'ca.pem')
  await writeFile(caFile, ca)

  const subscribers = new Map<string, Subscriber>()
  const messages: PushMessage[] = []
  const requests: PushService['requests'] = []
  const arrivals = new EventEmitter()
  const server = createServer({ key, cert }, (request, response) => void handle(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const origin = `https://localhost:${port}`

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const endpoint = `${origin}${request.url}`
    const answer = (status: number | 'hang', text = '', headers: Record<string, string> = {}) => {
      requests.push({ endpoint, answer: status, at: Date.now() })
      if (status !== 'hang') response.writeHead(status, headers).end(text)
    }
    const subscriber = subscribers.get(endpoint)
    if (!subscriber) return answer(404, 'no such subscription')
    try {
      const { headers, body } = await acceptPush(request, origin, subscriber.applicationServerKey)
      const [behaviour = { answer: 201 }] = subscriber.behaviours
      if (subscriber.behaviours.length > 1) subscriber.behaviours.shift()
      if (behaviour.answer !== 201) {
        const { retryAfter, location } = behaviour
        return answer(behaviour.answer, '', {
          ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
          ...(location !== undefined && { location }),
        })
      }
      const plaintext = body.length > 0 ? decryptPush(body, subscriber.keys).toString() : ''
      messages.push({ endpoint, ...headers, plaintext })
      answer(201, '', { location: `${origin}/message/${randomUUID()}` })
      arrivals.emit('message')
    } catch (problem) {
      if (problem instanceof PushRefused) answer(problem.status, problem.message, problem.headers)
      else answer(400, `the browser cannot read this message: ${problem}`)
    }
  }

  return {
    port,
    origin,
    caFile,
    messages,
    requests,
    subscribe({ applicationServerKey } = {}) {
      const endpoint = `${origin}/push/${randomUUID()}`
      const subscriber: Subscriber = { keys: makeReceiverKeys(), applicationServerKey, behaviours: [] }
      subscribers.set(endpoint, subscriber)
      return {
        endpoint,
        keys: publicKeysOf(subscriber.keys),
        setBehaviour: (...behaviours) => {
          subscriber.behaviours = behaviours
        },
      }
    },
    async waitForMessages(count, timeoutMs = 10_000) {
      const signal = AbortSignal.timeout(timeoutMs)
      while (messages.length < count) {
        await once(arrivals, 'message', { signal }).catch(() => {
          throw new Error(`${messages.length} push messages after ${timeoutMs} ms, expected ${count}`)
        })
      }
      return messages
    },
    async close() {
      server.close()
      server.closeAllConnections()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
