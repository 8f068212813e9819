import { eachOf } from '../server/gather.ts'
import { median } from './compare.ts'

/** One piece of work, done by the heart of a chapter alone, and by the same heart in its armour. */
export interface Armoured {
  /** What is done, in the plural: `notifications to one user`. */
  what: string
  /** Does it for the `n`-th time. */
  heart(n: number): Promise<unknown>
  armour(n: number): Promise<unknown>
}

const ROUNDS = 5
const TIMES = 400
const AT_ONCE = 16

/** Prints how many a second each does, 16 under way at a time: the medians of five rounds, both in turn. */
export async function compareArmour({ what, heart, armour }: Armoured): Promise<void> {
  const rates = { heart: [] as number[], armour: [] as number[] }
  for (let round = 0; round < ROUNDS; round++) {
    rates.heart.push(await rateOf(heart, round))
    rates.armour.push(await rateOf(armour, round))
  }
  const [bare, armoured] = [median(rates.heart), median(rates.armour)]
  const show = (rate: number) => Math.round(rate).toLocaleString('en')
  console.log(
    `${what}: heart ${show(bare)} a second, with armour ${show(armoured)}: ${(armoured / bare).toFixed(1)} times`,
  )
}

async function rateOf(work: (n: number) => Promise<unknown>, round: number): Promise<number> {
  const numbers = Array.from({ length: TIMES }, (_, n) => round * TIMES + n)
  const started = performance.now()
  await eachOf(numbers, AT_ONCE, async (n) => void (await work(n)))
  return (1_000 * TIMES) / (performance.now() - started)
}
