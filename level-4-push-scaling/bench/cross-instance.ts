import { type Kind, median } from '@levels/shared/bench/compare.ts'
import { verdict } from '@levels/shared/bench/verdict.ts'
import { io } from 'socket.io-client'
import type { Services } from './services.ts'
import { logIn } from './sign-in.ts'

const ROUNDS = 3
const WARM_UP = 100
const MESSAGES = 300
const MAX_RATIO = 1.25

/** From POST on one process to receipt on the other, the level against the least that does the same, message by message in turn. */
export async function benchCrossInstance(services: Services): Promise<void> {
  const results: Record<Kind, number>[] = []
  for (let round = 0; round < ROUNDS; round++) results.push(await compareOnce(services))
  const [level, bare] = (['level', 'bare'] as const).map((kind) => median(results.map((one) => one[kind])))
  const ratio = median(results.map((result) => result.level / result.bare))
  console.log(
    `POST on app1 to receipt on app2, p50: level ${level?.toFixed(2)} ms, bare ${bare?.toFixed(2)} ms, ` +
      `ratio ${ratio.toFixed(2)} (at most ${MAX_RATIO}: ${verdict(
        ratio <= MAX_RATIO,
        results.map((result) => result.bare),
      )})`,
  )
}

/** The medians, in milliseconds. */
async function compareOnce(services: Services): Promise<Record<Kind, number>> {
  const pairs = {
    bare: await openPair(services, 'bench/bare-instance.ts', async () => undefined),
    level: await openPair(services, 'bench/instance.ts', (url) => logIn(url, 'alice')),
  }
  const times: Record<Kind, number[]> = { level: [], bare: [] }
  for (let index = 0; index < WARM_UP + MESSAGES; index++) {
    for (const kind of index % 2 === 0 ? (['bare', 'level'] as const) : (['level', 'bare'] as const)) {
      const took = await pairs[kind].send()
      if (index >= WARM_UP) times[kind].push(took)
    }
  }
  await Promise.all([pairs.bare.close(), pairs.level.close()])
  return { level: median(times.level), bare: median(times.bare) }
}

/** Two processes, and a socket at the second one. `send` resolves with what a message took, in milliseconds. */
async function openPair(
  services: Services,
  script: string,
  signIn: (url: string) => Promise<string | undefined>,
) {
  const [app1, app2] = await Promise.all([
    services.start(script, { INSTANCE_NAME: 'app1' }),
    services.start(script, { INSTANCE_NAME: 'app2' }),
  ])
  const token = await signIn(app1.url)
  const socket = io(app2.url, { transports: ['websocket'], auth: { token } })
  await new Promise((resolve) => socket.once(token ? 'session:ready' : 'connect', () => resolve(undefined)))
  return {
    async send(): Promise<number> {
      const received = new Promise<number>((resolve) =>
        socket.once('notification:new', () => resolve(performance.now())),
      )
      const sent = performance.now()
      const response = await fetch(`${app1.url}/api/notifications`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify({ to: 'me', title: 'Measured', message: 'to the other instance' }),
      })
      await response.arrayBuffer()
      if (response.status !== 201) throw new Error(`not stored: ${response.status}`)
      return (await received) - sent
    },
    async close(): Promise<void> {
      socket.disconnect()
      await Promise.all([app1.stop(), app2.stop()])
    },
  }
}
