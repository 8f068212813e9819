import { type RunningRedis, startRedis } from '@levels/embedded-redis'
import { createLog } from '@levels/shared/server/log.ts'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createGapWatch, type GapWatch } from '../../src/instances/gap-watch.ts'
import { connectRedis, type RedisConnections } from '../../src/instances/redis.ts'

const BEAT_MS = 100

let redis: RunningRedis
const connections: RedisConnections[] = []
beforeAll(async () => {
  redis = await startRedis()
})
afterEach(() => {
  for (const connection of connections.splice(0)) connection.close()
})
afterAll(() => redis.close())

interface Watched extends GapWatch {
  connection: RedisConnections
  /** What it was told: "over", or "perhaps" for a gap that may last. */
  gaps: string[]
}

async function watch(): Promise<Watched> {
  const connection = await connectRedis(redis.uri, createLog('silent'))
  connections.push(connection)
  const gaps: string[] = []
  const watched = createGapWatch(connection, BEAT_MS)
  await connection.finishStart(watched.start((isOver) => gaps.push(isOver ? 'over' : 'perhaps')))
  return { ...watched, connection, gaps }
}

/** Until this many beats, of whomever, have come through Redis to `at`. */
async function beats(at: Watched, count: number): Promise<void> {
  const { subscriber } = at.connection
  let heard = 0
  await new Promise<void>((resolve) => {
    void subscriber.subscribe('levels:beat', () => {
      heard++
      if (heard >= count) resolve()
    })
  })
}

test('an instance that starts, and one that leaves in order, are no gap to the others', async () => {
  const here = await watch()
  const other = await watch()
  await beats(here, 6)
  await other.close()
  await beats(here, 6)
  expect(here.gaps.filter((gap) => gap === 'over')).toEqual([])
})

test('a message that Redis did not take is a gap to all others as soon as the sender is heard again', async () => {
  const [here, other] = [await watch(), await watch()]
  await beats(here, 4)
  const before = other.gaps.filter((gap) => gap === 'over') // it cannot know what came before its own start
  other.lost()
  await expect.poll(() => here.gaps).toContain('over')
  expect(other.gaps.filter((gap) => gap === 'over')).toEqual(before)
})

test('an instance that dies is a gap for as long as it is missed, once more when it is given up, and no fault of the others', async () => {
  const [here, other] = [await watch(), await watch()]
  await beats(here, 4)
  other.connection.close()
  await expect.poll(() => here.gaps).toContain('perhaps')
  await expect.poll(() => here.isConnected()).toBe(true) // a machine that stands still misses its own beats
  await expect.poll(() => here.gaps).toContain('over')
  expect(here.gaps.filter((gap) => gap === 'over')).toHaveLength(1)
})
