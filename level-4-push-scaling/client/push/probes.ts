import type { WorkerMessage } from '../../src/events.ts'
import { findSubscription, findWorker, hasKey, readPermission } from './browser.ts'
import type { Probes } from './check-up.ts'
import type { Push } from './push.ts'

/** How long the check-up waits for the push service, and then for the worker, in milliseconds. */
const PATIENCE_MS = 15_000
const LOOK_EVERY_MS = 1_000

/** The check-up's questions, put to the real browser and the real server. */
export function createProbes(push: Push): Probes {
  /** Ids of test messages that the worker has shown. */
  const shown = new Set<string | undefined>()
  let testId = ''

  async function endpoint(): Promise<string> {
    return (await findSubscription())?.endpoint ?? ''
  }

  return {
    permission: readPermission,
    hasWorker: async () => (await findWorker())?.active?.scriptURL.endsWith('/sw.js') ?? false,
    async subscription() {
      const subscription = await findSubscription()
      if (!subscription) return 'none'
      return hasKey(subscription, await push.publicKey()) ? 'fits' : 'other key'
    },
    isKnown: async () => (await push.savedHere()) !== undefined,
    async send() {
      // The worker may be quicker than the server's answer: listen first.
      navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<WorkerMessage>) => {
        if (data.type === 'push:shown') shown.add(data.id)
      })
      const id = await push.test(await endpoint())
      testId = id
      await until(async () => isFinal((await push.testResult(id))?.state))
      const { state, error, gone } = (await push.testResult(id)) ?? {}
      if (state === 'sent') return { state }
      if (state === 'failed') return { state: gone ? 'gone' : 'failed', error }
      return { state: 'waiting', error }
    },
    renew: push.renew,
    received: () => until(async () => shown.has(testId)),
    async isShown() {
      const worker = await findWorker()
      return ((await worker?.getNotifications({ tag: testId })) ?? []).length > 0
    },
  }
}

const isFinal = (state: string | undefined) => state === 'sent' || state === 'failed'

/** Whether it came true in time. */
async function until(isTrue: () => Promise<boolean>): Promise<boolean> {
  const end = Date.now() + PATIENCE_MS
  while (Date.now() < end) {
    if (await isTrue()) return true
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  return false
}
