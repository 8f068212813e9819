import type { Permission } from './browser.ts'

/** The way of a push from the permission to the screen, link by link. */
export const links = [
  'permission',
  'worker',
  'subscription',
  'server knows it',
  'push service accepted',
  'worker received',
  'shown',
] as const
export type Link = (typeof links)[number]

/** What the check-up asks. Each answers once; a rejection breaks the link with its message. */
export interface Probes {
  permission(): Permission
  hasWorker(): Promise<boolean>
  /** `other key`: made for another server key. */
  subscription(): Promise<'none' | 'other key' | 'fits'>
  isKnown(): Promise<boolean>
  /** Sends a test message and waits for what the push service says. */
  send(): Promise<{ state: 'sent' | 'failed' | 'gone' | 'waiting'; error?: string | undefined }>
  /** After `gone`: gives the endpoint up and subscribes anew. */
  renew(): Promise<void>
  /** Whether the worker says that the test message came, in time. */
  received(): Promise<boolean>
  /** Whether the browser holds the notification. */
  isShown(): Promise<boolean>
}

/** `ok`, or what is broken and how to mend it. */
export type Finding = { ok: true } | { ok: false; cure: string }

/** Calls back with each link's finding. Stops at the first broken one: nothing behind it can be told. */
export async function checkUp(probes: Probes, report: (link: Link, finding: Finding) => void): Promise<void> {
  for (const link of links) {
    const cure = await cureFor(link, probes).catch(
      (error: Error) => `It could not be asked: ${error.message}`,
    )
    report(link, cure === undefined ? { ok: true } : { ok: false, cure })
    if (cure !== undefined) return
  }
}

/** Undefined when the link holds. */
async function cureFor(link: Link, probes: Probes): Promise<string | undefined> {
  switch (link) {
    case 'permission':
      return permissionCures[probes.permission()]
    case 'worker':
      return (await probes.hasWorker())
        ? undefined
        : 'There is no service worker. Turn push off and on again.'
    case 'subscription':
      return subscriptionCures[await probes.subscription()]
    case 'server knows it':
      return (await probes.isKnown())
        ? undefined
        : 'The browser is subscribed, and the server does not know. Reload this page: it tells the server at each load.'
    case 'push service accepted':
      return sendCure(await probes.send(), probes)
    case 'worker received':
      return (await probes.received())
        ? undefined
        : 'The push service took the message, and it did not get here. Is this machine online, and does a firewall block push? Try again in a minute: services keep messages for a browser that was away.'
    case 'shown':
      return (await probes.isShown())
        ? undefined
        : 'The worker got it, and nothing is on screen. Look at the notification settings of your system: "do not disturb", or this browser switched off there.'
  }
}

const permissionCures: Record<Permission, string | undefined> = {
  allowed: undefined,
  ask: 'Nobody has asked you yet. Turn push on above, and allow it.',
  denied:
    'You blocked notifications for this site. Only you can change that, in the settings left of the address.',
  insecure: 'Push needs https, or localhost. Open this page under one of them.',
  unsupported:
    'This browser has no web push. On an iPhone: add this page to the home screen, and open it from there.',
}

const subscriptionCures: Record<'none' | 'other key' | 'fits', string | undefined> = {
  fits: undefined,
  none: 'This browser is not subscribed. Turn push on above.',
  'other key':
    'This browser subscribed with another server key, so this server cannot reach it. Reload this page: it subscribes anew.',
}

async function sendCure(
  { state, error }: Awaited<ReturnType<Probes['send']>>,
  { renew }: Probes,
): Promise<string | undefined> {
  switch (state) {
    case 'sent':
      return undefined
    case 'waiting':
      return `The push service has not accepted it so far${error ? ` (${error})` : ''}. The server goes on trying; it must be able to reach the internet.`
    case 'gone': {
      const renewed = await renew().then(
        () => 'This browser has given that subscription up and made a new one: press Check again.',
        (problem: Error) => `A new subscription could not be made: ${problem.message}`,
      )
      return `The push service does not know this subscription any more (${error}). ${renewed}`
    }
    case 'failed':
      return `The push service refused it: ${error}. The subscription is kept; the server's VAPID settings are the first thing to look at.`
  }
}
