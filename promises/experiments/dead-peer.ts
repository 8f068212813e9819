import { setTimeout as sleep } from 'node:timers/promises'
import type { Arena, Experiment } from '../arena.ts'
import type { Person } from '../dialects/dialect.ts'
import type { Level2Page } from '../dialects/level-2.ts'
import { HEARTBEAT_MS } from '../stage.ts'

/** What a busy machine may add, in milliseconds. */
const MARGIN_MS = 3_000

/** A page's link stops in both directions without a goodbye: the server gives the connection up within two heartbeats. */
export const deadPeer: Experiment = async (arena) => {
  const bob = await arena.person('bob')
  const ann = await arena.person('ann')
  const dead = await bob.openPage()
  const alive = await ann.openPage()
  const heartbeatMs =
    arena.level === 1 ? levelOneHeartbeat(arena.stage.servers !== undefined) : pingIntervalOf(dead)
  dead.link.freeze()
  const began = performance.now()
  dead.close() // it does not come back either, and its goodbye does not get through
  const ended = Promise.race([dead.link.endedByServer(), toldAsLeft(arena, bob)]).then(() => true)
  const isGone = await Promise.race([ended, sleep(2 * heartbeatMs + MARGIN_MS, false)])
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`
  const took = seconds(performance.now() - began)
  const stayed = alive.isConnected
  return {
    verdict: isGone && stayed ? 'kept' : 'broken',
    evidence: isGone
      ? `gone ${took} after the link stopped (heartbeat ${seconds(heartbeatMs)}); a quiet page beside it ${stayed ? 'stayed' : 'was cut, too'}`
      : `still there ${took} after the link stopped (heartbeat ${seconds(heartbeatMs)})`,
  }
}

/** Where people are told who is here (level 2), that somebody left is what shows that they are gone. */
async function toldAsLeft({ history, level }: Arena, person: Person): Promise<void> {
  const isTold = () =>
    history.entries.some(
      ({ note }) => note?.includes('"user:left"') && note.includes(`"username":"${person.name}"`),
    )
  await history.until(() => level === 2 && isTold(), 200_000)
}

const LEVEL_1_DEFAULT_MS = 30_000
const levelOneHeartbeat = (isOurs: boolean) => (isOurs ? HEARTBEAT_MS : LEVEL_1_DEFAULT_MS)

/** Engine.IO's open packet says how often it pings; the answer may take as long as `pingTimeout` says. */
function pingIntervalOf(page: unknown): number {
  const { engine } = (page as Level2Page).socket.io as unknown as {
    engine: { _pingInterval: number; _pingTimeout: number }
  }
  return Math.max(engine._pingInterval, engine._pingTimeout)
}
