import { setTimeout as sleep } from 'node:timers/promises'
import { startEmbeddedMongo } from '@levels/embedded-mongo'
import { type RunningRedis, startRedis } from '@levels/embedded-redis'
import type { Level3Person } from '@levels/promises/dialects/level-3.ts'
import { type Level4, speakLevel4 } from '@levels/promises/dialects/level-4.ts'
import { createHistory } from '@levels/promises/history.ts'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import type { Program } from '@levels/shared/exercises/program.ts'
import { type PushService, startPushService } from '@levels/shared/testing/push-service.ts'
import webPush from 'web-push'

/** What a learner's program works with: services of its own, and settings that make waiting short. */
export interface Stage {
  env: Record<string, string>
  push: PushService
  redis: RunningRedis
  /** Starts an instance, with settings on top of the stage's. */
  start(name: string, settings?: Record<string, string>): Promise<Program>
  /** Speaks to these instances, as pages and devices do. */
  speak(...programs: [Program, ...Program[]]): Level4
}

/** How long something may take that has to come, in milliseconds: long for a slow machine. */
export const LONG_MS = 8_000

/** Starts MongoDB, Redis and a push service in this process. */
export async function openStage(attempt: Attempt, settings: Record<string, string> = {}): Promise<Stage> {
  const mongo = await startEmbeddedMongo()
  attempt.defer(mongo.close)
  const redis = await startRedis({ kind: 'embedded' })
  attempt.defer(redis.close)
  const push = await startPushService()
  attempt.defer(push.close)
  const { publicKey, privateKey } = webPush.generateVAPIDKeys()
  const env = {
    MONGODB_URI: mongo.uri,
    REDIS_URL: redis.uri,
    JWT_SECRET: 'a secret that only this check knows, long enough',
    VAPID_SUBJECT: 'mailto:check@example.com',
    VAPID_PUBLIC_KEY: publicKey,
    VAPID_PRIVATE_KEY: privateKey,
    PUSH_ALLOWED_HOSTS: new URL(push.origin).host,
    PUSH_CA_FILE: push.caFile,
    NODE_EXTRA_CA_CERTS: push.caFile,
    PUSH_DELAY_MS: '300',
    BEAT_MS: '300',
    ...settings,
  }
  return {
    env,
    push,
    redis,
    start: (name, more) => attempt.start({ env: { ...env, INSTANCE_NAME: name, ...more } }),
    speak(...programs) {
      const urls = programs.map(({ url }) => url) as [string, ...string[]]
      const dialect = speakLevel4({ urls, history: createHistory(), pushService: push })
      attempt.defer(dialect.close)
      return dialect
    },
  }
}

/** Sends as a person does, and expects 201: returns when it was sent, in epoch milliseconds. */
export async function send(
  attempt: Attempt,
  from: Level3Person,
  to: Level3Person,
  text: string,
): Promise<number> {
  const at = Date.now()
  const outcome = await from.send(to.name, text, { timeoutMs: patience(10_000) })
  const how = outcome.what === 'refused' ? `answered ${outcome.status} ${outcome.code}` : 'not answered'
  attempt.saw(`${from.name} → POST /api/notifications to ${to.name} "${text}"`)
  attempt.expect(
    outcome.what === 'acknowledged',
    `${from.name} sent "${text}" to ${to.name}, and POST /api/notifications was ${how}. It must be stored and answered 201, whatever becomes of the rest.`,
  )
  return at
}

/** Waits until it is so. Returns whether it was, in time. */
export async function eventually(isSo: () => boolean, withinMs = LONG_MS): Promise<boolean> {
  const end = Date.now() + patience(withinMs)
  while (!isSo() && Date.now() < end) await sleep(20)
  return isSo()
}
