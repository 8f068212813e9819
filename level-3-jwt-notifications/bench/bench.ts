import path from 'node:path'
import { type MeasuredServer, median, withServer } from '@levels/shared/bench/compare.ts'
import { compareWatched } from '@levels/shared/bench/hood.ts'
import { measureStart } from '@levels/shared/bench/start-time.ts'
import { verdict } from '@levels/shared/bench/verdict.ts'
import { measureArmour } from './armour.ts'
import { measureBulk } from './bulk.ts'
import { measureBroadcast, measureCrowd, measureMissed } from './crowd.ts'
import { compareWithFloor, measureProcessor } from './floor.ts'
import { measureGrowth } from './growth.ts'
import { measureOutage } from './outage.ts'

const SERVERS = path.join(import.meta.dirname, 'servers.ts')

/** `npm run bench 3`: on the embedded database and, with MONGODB_URI, on that one. */
export const parts = {
  floor: compareWithFloor,
  missed: () => promise('1,000 missed notifications delivered on reconnecting', 1, measureMissed),
  crowd: () => promise('1,000 sockets signed in and connected', 1.5, measureCrowd),
  broadcast: () => promise('a broadcast to 1,000 online users, until all have it', 0.1, measureBroadcast),
  armour: measureArmour,
  bulk: measureBulk,
  growth: measureGrowth,
  outage: measureOutage,
  hood: () => compareWatched(SERVERS, 'notifications per second of processor time', measureProcessor),
  ready: () => measureStart('level-3', 1.5, { port: 3930 }),
}

/** Measures three times and prints the median beside what was promised, in seconds. */
async function promise(what: string, atMost: number, measure: (server: MeasuredServer) => Promise<number>) {
  const seconds: number[] = []
  for (let round = 0; round < 3; round++) seconds.push(await withServer(SERVERS, 'level', measure))
  const typical = median(seconds)
  console.log(`${what}: ${typical.toFixed(2)} s (at most ${atMost}: ${verdict(typical <= atMost, seconds)})`)
}
