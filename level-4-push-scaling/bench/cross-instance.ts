import { median } from '@levels/shared/bench/compare.ts'
import { verdict } from '@levels/shared/bench/verdict.ts'
import { io } from 'socket.io-client'
import type { Services } from './services.ts'
import { logIn } from './sign-in.ts'

const ROUNDS = 5
const WARM_UP = 100
const MESSAGES = 300
const MAX_RATIO = 1.25

/** From POST on one process to receipt on the other, the level against the least that does the same. */
export async function benchCrossInstance(services: Services): Promise<void> {
  const results: { level: number; bare: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    results.push({
      bare: await measure(services, 'bench/bare-instance.ts', async () => undefined),
      level: await measure(services, 'bench/instance.ts', (url) => logIn(url, 'alice')),
    })
  }
  const [level, bare] = [
    median(results.map((result) => result.level)),
    median(results.map((result) => result.bare)),
  ]
  const ratio = median(results.map((result) => result.level / result.bare))
  console.log(
    `POST on app1 to receipt on app2, p50: level ${level.toFixed(2)} ms, bare ${bare.toFixed(2)} ms, ` +
      `ratio ${ratio.toFixed(2)} (at most ${MAX_RATIO}: ${verdict(
        ratio <= MAX_RATIO,
        results.map((result) => result.bare),
      )})`,
  )
}

/** The median, in milliseconds. */
async function measure(
  services: Services,
  script: string,
  signIn: (url: string) => Promise<string | undefined>,
): Promise<number> {
  const [app1, app2] = await Promise.all([
    services.start(script, { INSTANCE_NAME: 'app1' }),
    services.start(script, { INSTANCE_NAME: 'app2' }),
  ])
  const token = await signIn(app1.url)
  const socket = io(app2.url, { transports: ['websocket'], auth: { token } })
  await new Promise((resolve) => socket.once(token ? 'session:ready' : 'connect', () => resolve(undefined)))
  const times: number[] = []
  for (let index = 0; index < WARM_UP + MESSAGES; index++) {
    const received = new Promise<number>((resolve) =>
      socket.once('notification:new', () => resolve(performance.now())),
    )
    const sent = performance.now()
    const response = await fetch(`${app1.url}/api/notifications`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ to: 'me', title: 'Measured', message: `Number ${index}` }),
    })
    await response.arrayBuffer()
    if (response.status !== 201) throw new Error(`not stored: ${response.status}`)
    const took = (await received) - sent
    if (index >= WARM_UP) times.push(took)
  }
  socket.disconnect()
  await Promise.all([app1.stop(), app2.stop()])
  return median(times)
}
