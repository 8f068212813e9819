import * as z from 'zod'

// The wire contract of level 4, for the server and the page: what it adds to level 3's. Each shape stands here once; the
// routes check and document with the schema, the page takes the type.

const time = z.iso.datetime()

export const deliveryState = z.enum(['pending', 'retrying', 'sent', 'failed', 'cancelled'])
export type DeliveryState = z.infer<typeof deliveryState>

/** base64url; browsers leave out the padding, some libraries do not. */
const base64url = (characters: number) =>
  z
    .string()
    .regex(new RegExp(`^[\\w-]{${characters}}=*$`), `must be ${characters} characters of base64url`)
    .transform((text) => text.slice(0, characters))

export const endpointText = z.string().min(1).max(2_048)

/** What `JSON.stringify(subscription)` gives in a browser; that may grow, so unknown fields are left out. */
export const browserSubscription = z.object({
  endpoint: endpointText,
  keys: z.object({ p256dh: base64url(87), auth: base64url(22) }), // 65 and 16 bytes (RFC 8291 section 3)
})
export type BrowserSubscription = z.output<typeof browserSubscription>

export const publicKeyAnswer = z.object({
  publicKey: z.string().describe('An uncompressed P-256 point, base64url'),
})

/** One browser that gets push, as the server knows it. */
export const savedSubscription = z.object({
  id: z.string(),
  endpoint: z.string(),
  service: z.string().describe('The push service'),
  createdAt: time,
  savedAt: time,
  current: z.boolean().describe('Saved by the session that asks'),
  lastPush: z
    .object({
      id: z.string().describe('The notification, or the test message'),
      state: deliveryState.describe('"sent": the push service has accepted it'),
      error: z.string().optional(),
      at: time,
    })
    .optional(),
})
export type SavedSubscription = z.infer<typeof savedSubscription>
export const savedSubscriptions = z.object({ items: z.array(savedSubscription) })

export const testMessage = z.object({ id: z.string().describe('As in the payload, and in lastPush') })

/** What became of a test message, also when the push service has given its browser up. */
export const testResult = z.object({
  items: z.array(
    z.object({
      service: z.string(),
      state: deliveryState,
      error: z.string().optional().describe('What the push service answered'),
      gone: z.boolean().describe('The push service knows this browser no more: subscribe anew'),
    }),
  ),
})
export type TestResult = z.infer<typeof testResult>

/** What the service worker gets to show: the decrypted body of a push message. */
const pushContent = z.object({
  id: z.string(),
  seq: z.int(),
  type: z.string(),
  title: z.string(),
  message: z.string(),
  url: z.string().describe('Where a click leads: a path of this site, or https'),
  unread: z.int().describe('How many notifications the user has not read, this one included'),
})
export type PushContent = z.infer<typeof pushContent>

/** What the service worker tells the open pages. */
export type WorkerMessage =
  | { type: 'push:shown'; id?: string }
  | { type: 'push:clicked'; id?: string; url: string }
  | { type: 'push:subscription-changed' }

/** One notification on its way to one place, as admins see it. */
export const delivery = z.object({
  id: z.string(),
  channel: z.string(),
  notificationId: z.string(),
  user: z.string().nullable().describe('The username; null when the account is gone'),
  service: z.string().describe('Who carries it'),
  state: deliveryState,
  attempts: z.int(),
  lastError: z.string().nullable(),
  nextAttemptAt: time.nullable(),
  createdAt: time,
  finishedAt: time.nullable(),
  test: z.boolean(),
})
export type Delivery = z.infer<typeof delivery>

/** Those that somebody may have to do something about. Counting weeks of sent ones would take seconds. */
export const openStates = ['pending', 'retrying', 'failed'] as const

export const deliveryPage = z.object({
  items: z.array(delivery),
  counts: z.partialRecord(deliveryState, z.int()).describe('Those that somebody may have to act on'),
  nextBefore: z.string().nullable(),
})
export type DeliveryPage = z.infer<typeof deliveryPage>

const perChannel = z.object({
  channel: z.string(),
  sent: z.int(),
  failed: z.int(),
  pending: z.int().describe('Not finished: waiting, under way, or to be tried again'),
})

export const deliveryStats = z.object({
  hours: z
    .array(perChannel.extend({ hour: time.describe('Its beginning') }))
    .describe('Deliveries made in each of the last 24 hours, oldest first; hours without any are left out'),
  channels: z.array(
    perChannel.extend({
      medianDelayMs: z.number().nullable().describe('From made to accepted; null when none was sent'),
      p95DelayMs: z.number().nullable(),
    }),
  ),
  oldestPendingMs: z.number().nullable().describe('The age of the oldest one that is not finished'),
})
export type DeliveryStats = z.infer<typeof deliveryStats>
