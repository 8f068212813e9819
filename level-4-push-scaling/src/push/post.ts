import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, type RequestOptions, request } from 'node:https'
import { createSecureContext, rootCertificates } from 'node:tls'
import { StartError } from '@levels/shared/server/start-error.ts'
import webPush from 'web-push'
import type { EndpointCheck } from './endpoint.ts'
import { payloadOf } from './message.ts'
import type { Answer, PushPost } from './push.ts'

/** From the first byte sent to the last byte of the answer. The web-push package itself waits forever. */
const TIMEOUT_MS = 10_000
/** How many connections one push service gets; they are kept open and used again. */
const CONNECTIONS = 64
/** How long the rest of an answer may take that has already said yes. */
const REST_MS = 1_000
/** As much of an answer's body as anyone reads. */
const MAX_ANSWER_CHARS = 1_000
/** How long an authorization is used, in milliseconds: the package makes them for 12 h. And how many are kept. */
const [REUSE_MS, MOST_KEPT] = [3_600_000, 1_000]

/** The key pair that tells push services who sends (VAPID, RFC 8292). */
export interface VapidKeys {
  /** An uncompressed P-256 point, base64url: what the page subscribes with. */
  publicKey: string
  privateKey: string
}

/**
 * Messages to push services. web-push encrypts and signs; the request is our own, because it must end in time, and a
 * redirect must not lead to where the endpoint check never looked. Throws StartError when `pushCaFile` is no certificate.
 */
export function createPushPost(
  keys: VapidKeys,
  serviceOf: EndpointCheck,
  { vapidSubject, pushCaFile }: { vapidSubject: string; pushCaFile?: string },
): PushPost {
  const authorizationFor = createVapidAuthorization(keys, vapidSubject)
  const ca = pushCaFile && [...rootCertificates, readCertificate(pushCaFile)]
  // Made once: the agent would read all certificates again for each connection, and compare them for each message.
  const secureContext = ca ? createSecureContext({ ca }) : undefined
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, secureContext })

  return {
    timeoutMs: TIMEOUT_MS,
    connections: CONNECTIONS,
    async send(subscription, content, { ttl, urgency, topic }) {
      serviceOf(subscription.endpoint) // asked again: the list of hosts may have changed since it was saved
      const url = new URL(subscription.endpoint)
      const { headers, body } = webPush.generateRequestDetails(subscription, payloadOf(content), {
        TTL: ttl,
        urgency,
        topic,
        headers: { Authorization: authorizationFor(url.origin) },
      })
      return post(url, { agent, headers }, body)
    },
    close: () => agent.destroy(),
  }
}

function post(url: URL, options: RequestOptions, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { ...options, method: 'POST' }, (answer) => {
      const { statusCode: status = 0, headers } = answer
      let text = ''
      const finish = () => resolve({ status, retryAfterMs: readRetryAfter(headers['retry-after']), text })
      if (status >= 200 && status < 300) {
        // Accepted, whatever becomes of the body: it must neither bring about a second push nor hold a connection.
        finish()
        clearTimeout(timer)
        timer = setTimeout(() => sent.destroy(), REST_MS)
      }
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        if (text.length < MAX_ANSWER_CHARS) text += chunk
      })
      answer.on('error', reject)
      answer.on('end', finish)
    })
    const giveUp = () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS / 1_000} s`))
    let timer = setTimeout(giveUp, TIMEOUT_MS)
    sent.on('error', reject)
    sent.on('close', () => clearTimeout(timer))
    sent.end(body)
  })
}

/** The `Authorization` header for a push service (RFC 8292): a short-lived token that says who sends, for that one only. */
export function createVapidAuthorization({ publicKey, privateKey }: VapidKeys, subject: string) {
  const made = new Map<string, { header: string; at: number }>()
  return (audience: string): string => {
    const last = made.get(audience)
    if (last && Date.now() - last.at < REUSE_MS) return last.header
    const headers = webPush.getVapidHeaders(audience, subject, publicKey, privateKey, 'aes128gcm')
    if (made.size >= MOST_KEPT) made.clear() // anybody may make up a subdomain of a push service
    made.set(audience, { header: headers.Authorization, at: Date.now() })
    return headers.Authorization
  }
}

function readCertificate(file: string): string {
  try {
    const pem = readFileSync(file, 'utf8')
    new X509Certificate(pem) // throws; a secure context would pass over whatever is no certificate
    return pem
  } catch {
    throw new StartError(
      `PUSH_CA_FILE=${file} cannot be read as a certificate: name a PEM file with a certificate authority`,
    )
  }
}

/** Seconds or an HTTP date (RFC 9110 section 10.2.3), as milliseconds from now. */
export function readRetryAfter(text: string | undefined, now = Date.now()): number | undefined {
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Number(text) * 1_000
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}
