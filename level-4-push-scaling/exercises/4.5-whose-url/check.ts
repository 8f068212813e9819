import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { eventually, openStage, send } from '../stage.ts'

export async function check(attempt: Attempt): Promise<void> {
  const stage = await openStage(attempt)
  const trap = createServer((socket) => {
    called++
    socket.destroy()
  })
  let called = 0
  trap.listen(0, '127.0.0.1')
  await once(trap, 'listening')
  attempt.defer(() => trap.close())
  const { port } = trap.address() as AddressInfo
  const { host } = new URL(stage.push.origin)
  const bothHosts = `${host},localhost:${port}`

  const first = await stage.start('app1', { PUSH_ALLOWED_HOSTS: bothHosts })
  const before = stage.speak(first)
  const [ann, bob] = [await before.person('ann'), await before.person('bob')]
  const device = await before.addDevice(bob)
  const subscribe = async (endpoint: string) => {
    const body = { endpoint, expirationTime: null, keys: device.subscription.keys }
    return (await bob.api('POST', '/api/push/subscriptions', body)).status
  }

  attempt.step('endpoints that are no push service are brought')
  for (const [endpoint, why] of strangers(host, port)) {
    const status = await subscribe(endpoint)
    const shown = endpoint.replaceAll(`:${port}`, ':9200').replaceAll(host, 'push.example')
    attempt.expect(
      status === 400,
      `A subscription with the endpoint "${shown}" was answered ${status}. ${why} Your server would call it whenever somebody sends to bob: 400.`,
    )
  }
  attempt.saw('bob → POST /api/push/subscriptions, 14 endpoints that are none: 400 each')

  attempt.step('a push service redirects to an address on this machine')
  const redirected = await before.addDevice(bob)
  redirected.subscription.setBehaviour({ answer: 307, location: `https://localhost:${port}/push/x` })
  await send(attempt, ann, bob, 'one')
  attempt.expect(
    await eventually(() => device.received().length === 1),
    'Bob’s browser is at a push service that PUSH_ALLOWED_HOSTS names, and it got no push.',
  )
  await eventually(() => stage.push.requests.some(({ answer }) => answer === 307))
  attempt.expect(
    called === 0,
    'A push service answered 307 with an address of its own choice, and your server went there. Do not follow: who redirects is a stranger, too.',
  )

  attempt.step('a subscription is kept; then the program starts again with a shorter list')
  const kept = await subscribe(`https://localhost:${port}/push/x`)
  attempt.expect(
    kept === 201,
    `PUSH_ALLOWED_HOSTS named this host and port, and a subscription there was answered ${kept}. It is allowed: 201.`,
  )
  await first.kill()
  const after = stage.speak(await stage.start('app1', { PUSH_ALLOWED_HOSTS: host }))
  const carol = await after.person('carol')
  await send(attempt, carol, bob, 'two')
  attempt.expect(
    await eventually(() => device.received().length === 2),
    'After a restart bob’s browser, at a push service that is still allowed, got no push.',
  )
  // That it was not called shows only when its turn has come: after one more.
  await send(attempt, carol, bob, 'three')
  await eventually(() => device.received().length === 3)
  attempt.expect(
    called === 0,
    'A subscription was kept while its host was in PUSH_ALLOWED_HOSTS, the program started again without it, and called it. What was right when it was saved may be wrong when it is used: look at both times.',
  )
  attempt.saw('the address that is allowed no more ← nothing')
}

/** What is no push service, and why. `port` is the trap's. */
function strangers(host: string, port: number): [endpoint: string, why: string][] {
  return [
    [`http://${host}/push/x`, 'It is not https.'],
    [`https://127.0.0.1:${port}/push/x`, 'It is this machine.'],
    [`https://localhost:${port + 1}/push/x`, 'It is another port of a known host, so another program.'],
    [`https://[::1]:${port}/push/x`, 'It is this machine.'],
    [`https://2130706433:${port}/x`, '2130706433 is 127.0.0.1, as one number.'],
    [`https://0x7f.1:${port}/x`, '0x7f.1 is 127.0.0.1.'],
    [`https://user:password@${host}/push/x`, 'No browser gives a user name and a password.'],
    [`https://${host}.evil.example/push/x`, 'The host only begins like a push service.'],
    [`https://evil.example/${host}/push/x`, 'The push service is in the path; the host is evil.example.'],
    [`https://evil.example#${host}`, 'The push service is behind the #; the host is evil.example.'],
    [`https://evil${host}/push/x`, 'The host only ends like a push service.'],
    ['https://169.254.169.254/latest/meta-data', 'There a cloud tells a machine its secrets.'],
    ['file:///etc/passwd', 'It is a file.'],
    ['not a url', 'It is no URL.'],
  ]
}
