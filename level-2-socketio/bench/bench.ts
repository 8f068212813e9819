import { measureDeliveries } from './deliveries.ts'
import { measureMemory } from './memory.ts'
import type { Kind } from './server-process.ts'

/** `npm run bench 2`: the level against the least Socket.IO server that does the same work, in turn, in one run. */
export async function bench(): Promise<void> {
  report('Broadcast to 200 listeners, deliveries/s', await measureDeliveries(), {
    isMet: (ratio) => ratio >= 0.9,
    target: '≥ 0.90',
  })
  report('Idle connection, bytes of memory', await measureMemory(), {
    isMet: (ratio) => ratio <= 1,
    target: '≤ 1.00',
  })
}

function report(
  what: string,
  values: Record<Kind, number[]>,
  { isMet, target }: { isMet(ratio: number): boolean; target: string },
): void {
  const [level, bare] = [median(values.level), median(values.bare)]
  const ratio = level / bare
  console.log(`${what}: medians of ${values.level.length}`)
  for (const [name, value] of Object.entries({ level, bare })) {
    console.log(`  ${name.padEnd(6)}${Math.round(value).toLocaleString('en').padStart(10)}`)
  }
  console.log(
    `  ratio ${ratio.toFixed(2).padStart(10)}   target ${target}: ${isMet(ratio) ? 'met' : 'MISSED'}`,
  )
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}
