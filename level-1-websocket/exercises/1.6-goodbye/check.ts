import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import { join, joinSilently } from '../peers.ts'

export async function check(attempt: Attempt): Promise<void> {
  const server = await attempt.start()
  const alice = await join(attempt, server, 'Alice')
  await joinSilently(attempt, server, 'Dave', { reads: true })

  attempt.step('the server is asked to end (SIGTERM)')
  const begin = performance.now()
  server.stop()
  const end = await alice.closed(4_000)
  attempt.expect(
    end?.code === 1001,
    `The server got SIGTERM, and Alice ${end ? `was closed with ${end.code}: she` : 'after 4 s'} was told nothing. 1001 is "going away": her page knows then that nothing is wrong with it, and comes back.`,
  )

  attempt.step('everyone was told; Dave hangs and does not answer')
  const left = Math.max(0, patience(5_000) - (performance.now() - begin))
  const exit = await Promise.race([server.exit, late(left)])
  attempt.expect(
    exit,
    'Everyone was told, and Dave, who hangs, never answers. 5 s after SIGTERM the program still runs: whoever waits for it (a deployment, Ctrl-C) kills it then. Give the answers a second, and end.',
  )
  attempt.expect(
    exit.code === 0,
    `After SIGTERM the program ended with ${exit.signal ?? `exit code ${exit.code}`}. An orderly end is exit code 0; everything else looks like a crash.`,
  )
}

function late(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms, undefined).unref()
  })
}
