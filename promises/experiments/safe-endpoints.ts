import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Experiment } from '../arena.ts'
import { PUSH_DELAY_MS } from '../stage.ts'
import { sendMany } from './sending.ts'

/** Addresses that are no push service, each as a subscription's endpoint: refused, and nothing is ever called. */
export const safeEndpoints: Experiment = async (arena) => {
  const trap = createServer((socket) => {
    caught++
    socket.destroy()
  })
  let caught = 0
  trap.listen(0, '127.0.0.1')
  await once(trap, 'listening')
  const { port } = trap.address() as AddressInfo
  const push = new URL(arena.stage.services?.push.origin ?? 'https://localhost')
  const endpoints = [
    `http://${push.host}/push/x`, // not https
    `https://127.0.0.1:${port}/push/x`,
    `https://localhost:${port}/push/x`,
    `https://[::1]:${port}/push/x`,
    `https://2130706433:${port}/x`, // 127.0.0.1 as one number
    `https://user:password@${push.host}/push/x`,
    `https://${push.host}.evil.example/push/x`,
    `https://evil.example/${push.host}/push/x`,
    `https://evil.example#${push.host}`,
    'https://169.254.169.254/latest/meta-data', // what clouds tell a machine about itself
    'https://metadata.google.internal/x',
    'file:///etc/passwd',
    'not a url',
    '',
  ]
  const bob = await arena.level4.person('bob')
  const ann = await arena.level4.person('ann')
  const good = await arena.level4.addDevice(bob)
  const { keys } = good.subscription
  const taken: string[] = []
  for (const endpoint of endpoints) {
    const { status } = await bob.api('POST', '/api/push/subscriptions', {
      endpoint,
      expirationTime: null,
      keys,
    })
    if (status < 400) taken.push(`${endpoint}: ${status}`)
  }
  // A push service that sends the server elsewhere must not be followed.
  const redirected = await arena.level4.addDevice(bob)
  redirected.subscription.setBehaviour({ answer: 307, location: `https://127.0.0.1:${port}/push/x` })
  await sendMany(arena, { from: ann, to: bob.name, count: 1 })
  await sleep(PUSH_DELAY_MS + 1_500)
  trap.close()
  const isKept = taken.length === 0 && caught === 0 && good.received().length === 1
  const evidence = `${endpoints.length} endpoints that are no push service: ${taken.length} taken; ${caught} calls to a trap on this machine, where one push service redirects to; a real one got ${good.received().length} of 1`
  return {
    verdict: isKept ? 'kept' : 'broken',
    evidence: taken.length > 0 ? `${evidence}; ${taken.slice(0, 3).join('; ')}` : evidence,
  }
}
