import { judge, type Result } from '../arena.ts'
import { keepsWhatItAcknowledged } from '../checker.ts'
import type { Entry } from '../history.ts'
import type { FaultBar } from './chaos.ts'

export interface Circumstances {
  faults: readonly FaultBar[]
  /** How long was sent. */
  sendingS: number
  wantedPerSecond: number
  /** How many pushes came to a device that had them already. */
  again: number
  /** The longest that this machine stood still. */
  stallMs: number
  hasPush: boolean
}

/** Below this part of what was wanted, the machine was too slow, and the evidence says so. */
const ENOUGH = 0.9
const STALL_MS = 1_000

/** What was acknowledged is shown, once, in order, by whom it was for. What was not acknowledged is not promised. */
export function judgeChaos(history: readonly Entry[], around: Circumstances): Result {
  const result = judge(history, `under ${around.faults.length} faults`)
  const { acknowledged, sent, lost, doubled, phantom, disordered } = result.counts
  const isKept = keepsWhatItAcknowledged(result.counts)
  const rate = Math.round(acknowledged / around.sendingS)
  const [begin = ''] = result.evidence.split(';')
  const counts = `${lost} lost, ${doubled} twice, ${phantom} not theirs, ${disordered} out of order`
  const says = [
    begin.replace(/, \d+ twice$/, ''),
    isKept ? counts : `${counts}${result.evidence.slice(begin.length)}`,
    ...(sent > acknowledged ? [`${sent - acknowledged} never acknowledged, so not promised`] : []),
    ...(around.hasPush ? [`${around.again} pushed again after a kill, under the same tag`] : []),
    `${rate} acknowledged a second, the slowest shown after ${slowest(history)} s`,
    ...(rate < ENOUGH * around.wantedPerSecond
      ? [`this machine is too slow for ${around.wantedPerSecond} a second under these faults`]
      : []),
    ...(around.stallMs > STALL_MS
      ? [`this machine stood still for ${(around.stallMs / 1_000).toFixed(1)} s`]
      : []),
  ]
  return { ...result, verdict: isKept ? 'kept' : 'broken', evidence: says.join('; ') }
}

/** How many there were of each kind: `3 app1 killed, 2 link cut`. */
export function countKinds(faults: readonly FaultBar[]): string {
  const counts = new Map<string, number>()
  for (const { kind } of faults) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([kind, count]) => `${count} × ${kind}`)
    .join(', ')
}

/** From sending until the last page showed it, of the one that took longest: in seconds, as text. */
function slowest(history: readonly Entry[]): string {
  const sentAt = new Map<string, number>()
  let longest = 0
  for (const { what, at, message = '' } of history) {
    if (what === 'send' && !sentAt.has(message)) sentAt.set(message, at)
    else if (what === 'shown') longest = Math.max(longest, at - (sentAt.get(message) ?? at))
  }
  return (longest / 1_000).toFixed(1)
}
