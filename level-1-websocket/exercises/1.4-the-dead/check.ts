import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import { join, joinSilently } from '../peers.ts'

export async function check(attempt: Attempt): Promise<void> {
  // Long enough for a pong on a loaded machine, short enough to wait for. All times come from this one: what is slow when
  // the program starts may not be slow any more afterwards.
  const BEAT_MS = patience(400)
  const server = await attempt.start({ env: { HEARTBEAT_MS: String(BEAT_MS) } })
  const alice = await join(attempt, server, 'Alice')
  const dave = await joinSilently(attempt, server, 'Dave', { reads: true })

  attempt.step('two heartbeats, and some time')
  const cut = await dave.isCut(BEAT_MS * 6)
  attempt.expect(
    cut,
    `Dave's laptop was closed: he answers nothing and says no goodbye. After six heartbeats (HEARTBEAT_MS) he is still connected, in the server's eyes. TCP alone can take many minutes to notice; a ping that is not answered tells at once.`,
  )

  attempt.step('Alice, who is well and says nothing, for three heartbeats more')
  const pinged = await alice.pinged(3, BEAT_MS * 6)
  const end = await alice.closed(0)
  attempt.expect(
    !end,
    `Alice only listened, answered each ping, and was closed with ${end?.code}. A pong is the sign of life; somebody who has nothing to say is well.`,
  )
  attempt.expect(
    pinged,
    'Dave is gone, and Alice gets no pings any more. The heartbeat goes on for whoever is still there.',
  )
  alice.send('still here')
  attempt.expect(
    (await alice.next())?.bytes.toString() === 'still here',
    'Alice is connected, said "still here", and heard no echo. The heartbeat must not change what worked.',
  )
}
