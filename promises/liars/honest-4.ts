import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent } from 'node:https'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import webPush, { type PushSubscription, WebPushError } from 'web-push'
import { Refusal } from '../examples/level-3/accounts.ts'
import { readRecord, replaceRecord } from '../examples/level-3/files.ts'
import type { Notification } from '../examples/level-3/log.ts'
import { NotificationServer, type Reply } from '../examples/level-3/server.ts'

// A level 4 server: the example of level 3 and Web Push. Its instances share a folder and need no Redis.

const { env } = process
const [PUBLIC_KEY, PRIVATE_KEY] = [env.VAPID_PUBLIC_KEY ?? '', env.VAPID_PRIVATE_KEY ?? '']
const DELAY_MS = Number(env.PUSH_DELAY_MS)
const TIMEOUT_MS = 2_000
const TRIES = 4
const agent = new Agent({ ca: readFileSync(env.PUSH_CA_FILE ?? '') })

export class PushServer extends NotificationServer {
  private readonly dir = path.join(env.DATA_DIR ?? '', 'push')

  protected override answerOwner(
    owner: string,
    route: string,
    request: IncomingMessage,
    body: Record<string, unknown>,
    query: URLSearchParams,
  ): Reply {
    if (route === 'GET /api/push/public-key') return [200, { publicKey: PUBLIC_KEY }]
    if (route !== 'POST /api/push/subscriptions') return super.answerOwner(owner, route, request, body, query)
    const { endpoint } = body
    if (typeof endpoint !== 'string' || !this.isPushService(endpoint))
      throw new Refusal(400, 'endpoint_refused')
    const name = createHash('sha256').update(endpoint).digest('hex')
    replaceRecord(path.join(this.dir, owner, name), body)
    return [201, {}]
  }

  protected isPushService(endpoint: string): boolean {
    if (!URL.canParse(endpoint)) return false
    const { protocol, host, username } = new URL(endpoint)
    return protocol === 'https:' && username === '' && host === env.PUSH_ALLOWED_HOSTS
  }

  protected override stored(owner: string, notification: Notification): void {
    super.stored(owner, notification)
    setTimeout(() => {
      if (this.isDue(owner, notification)) void this.pushAll(owner, notification)
    }, DELAY_MS)
  }

  /** Whether nobody has seen it. */
  protected isDue(owner: string, { seq }: Notification): boolean {
    const { seen, read } = this.log.progress(owner)
    return seq > Math.max(seen, read)
  }

  protected async pushAll(owner: string, notification: Notification): Promise<void> {
    const names = this.subscriptionsOf(owner)
    await Promise.all(names.map((name) => this.push(path.join(this.dir, owner, name), notification)))
  }

  protected subscriptionsOf(owner: string): string[] {
    try {
      return readdirSync(path.join(this.dir, owner))
    } catch {
      return [] // nobody has subscribed
    }
  }

  private async push(file: string, { id, seq, title, message }: Notification): Promise<void> {
    const subscription = readRecord<PushSubscription & { gone?: true }>(file)
    if (!subscription || subscription.gone) return
    const vapidDetails = { subject: env.VAPID_SUBJECT ?? '', publicKey: PUBLIC_KEY, privateKey: PRIVATE_KEY }
    for (let left = TRIES; left > 0; left--) {
      try {
        const payload = JSON.stringify({ id, seq, title, message })
        await webPush.sendNotification(subscription, payload, {
          vapidDetails,
          agent,
          timeout: TIMEOUT_MS,
          TTL: 60,
        })
        return
      } catch (error) {
        const status = error instanceof WebPushError ? error.statusCode : 0
        if (status === 404 || status === 410) replaceRecord(file, { ...subscription, gone: true })
        if (!this.isWorthAnother(status)) return
        await sleep(1_000)
      }
    }
  }

  /** 0 is no answer. */
  protected isWorthAnother(status: number): boolean {
    return status === 0 || status === 429 || status >= 500
  }
}
