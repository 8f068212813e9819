import { findSubscription, findWorker, hasKey, readPermission } from './browser.ts'
import type { Probes } from './check-up.ts'
import type { Push } from './push.ts'

/** How long the check-up waits for the push service, and then for the worker, in milliseconds. */
const PATIENCE_MS = 15_000
const LOOK_EVERY_MS = 1_000

/** The check-up's questions, put to the real browser and the real server. */
export function createProbes(push: Push): Probes {
  /** Ids of test messages that the worker has shown. */
  const shown = new Set<unknown>()
  let testId: string | undefined

  async function endpoint(): Promise<string> {
    return (await findSubscription())?.endpoint ?? ''
  }

  async function savedHere() {
    const here = await endpoint()
    return (await push.list()).find((saved) => saved.endpoint === here)
  }

  return {
    permission: readPermission,
    hasWorker: async () => (await findWorker())?.active?.scriptURL.endsWith('/sw.js') ?? false,
    async subscription() {
      const subscription = await findSubscription()
      if (!subscription) return 'none'
      return hasKey(subscription, await push.publicKey()) ? 'fits' : 'other key'
    },
    isKnown: async () => (await savedHere()) !== undefined,
    async send() {
      // The worker may be quicker than the server's answer: listen first.
      navigator.serviceWorker.addEventListener('message', ({ data }) => {
        if (data?.type === 'push:shown') shown.add(data.id)
      })
      testId = await push.test(await endpoint())
      const last = async () => {
        const lastPush = (await savedHere())?.lastPush
        return lastPush?.id === testId ? lastPush : undefined
      }
      await until(async () => ['sent', 'failed'].includes((await last())?.state ?? ''))
      const found = await last()
      if (found?.state === 'sent') return { state: 'sent' }
      // A subscription that the push service no longer knows is deleted at once: then there is nothing left to ask.
      if (found?.state === 'failed' || !(await savedHere())) return { state: 'failed', error: found?.error }
      return { state: 'waiting', error: found?.error }
    },
    received: () => until(async () => shown.has(testId)),
    async isShown() {
      const worker = await findWorker()
      return ((await worker?.getNotifications({ tag: testId })) ?? []).length > 0
    },
  }
}

/** Whether it came true in time. */
async function until(isTrue: () => Promise<boolean>): Promise<boolean> {
  const end = Date.now() + PATIENCE_MS
  while (Date.now() < end) {
    if (await isTrue()) return true
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  return false
}
