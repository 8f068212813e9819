import { describe, expect, it } from 'vitest'
import { checkUp, type Finding, type Link, links, type Probes } from '../../client/push/check-up.ts'

const healthy: Probes = {
  permission: () => 'allowed',
  hasWorker: async () => true,
  subscription: async () => 'fits',
  isKnown: async () => true,
  send: async () => ({ state: 'sent' }),
  received: async () => true,
  isShown: async () => true,
  renew: async () => undefined,
}

async function run(broken: Partial<Probes> = {}): Promise<[Link, Finding][]> {
  const found: [Link, Finding][] = []
  await checkUp({ ...healthy, ...broken }, (link, finding) => found.push([link, finding]))
  return found
}

describe('the push check-up', () => {
  it('finds every link whole', async () => {
    expect(await run()).toEqual(links.map((link) => [link, { ok: true }]))
  })

  it.each<[Link, Partial<Probes>, RegExp]>([
    ['permission', { permission: () => 'ask' }, /Turn push on/],
    ['permission', { permission: () => 'denied' }, /You blocked/],
    ['permission', { permission: () => 'insecure' }, /https, or localhost/],
    ['permission', { permission: () => 'unsupported' }, /home screen/],
    ['worker', { hasWorker: async () => false }, /no service worker/],
    ['subscription', { subscription: async () => 'none' }, /not subscribed/],
    ['subscription', { subscription: async () => 'other key' }, /another server key/],
    ['server knows it', { isKnown: async () => false }, /the server does not know/],
    [
      'push service accepted',
      { send: async () => ({ state: 'failed', error: '403 Forbidden' }) },
      /refused it: 403 Forbidden/,
    ],
    [
      'push service accepted',
      { send: async () => ({ state: 'gone', error: 'push.example answered 410' }) },
      /push\.example answered 410.*made a new one/,
    ],
    [
      'push service accepted',
      {
        send: async () => ({ state: 'gone', error: 'push.example answered 410' }),
        renew: () => Promise.reject(new Error('offline')),
      },
      /answered 410.*could not be made: offline/,
    ],
    [
      'push service accepted',
      { send: async () => ({ state: 'waiting', error: 'offline' }) },
      /not accepted.*offline/,
    ],
    ['worker received', { received: async () => false }, /did not get here/],
    ['shown', { isShown: async () => false }, /do not disturb/],
    ['server knows it', { isKnown: () => Promise.reject(new Error('503')) }, /could not be asked: 503/],
  ])('names a broken %s with its cure, and stops there', async (link, broken, cure) => {
    const found = await run(broken)
    expect(found.map(([name]) => name)).toEqual(links.slice(0, links.indexOf(link) + 1))
    expect(found.at(-1)).toEqual([link, { ok: false, cure: expect.stringMatching(cure) }])
    expect(found.slice(0, -1).every(([, { ok }]) => ok)).toBe(true)
  })
})
