import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

// A program that was started `detached` leads a process group, which has its pid as its number, and in which everything
// that it starts is born. On Windows there are no groups: there the functions work on the tree below that process.

interface Member {
  group: number
  /** Ended, and only waiting for its parent to notice. */
  isZombie: boolean
  bytes: number
  /** Processor time so far, in milliseconds; undefined where the system does not tell. */
  cpuMs?: number
}

const isWindows = process.platform === 'win32'

/** Sends a signal to every process of the group; nothing happens when all of them have ended. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  if (isWindows) {
    spawnSync('taskkill', ['/pid', String(group), '/t', '/f'], { windowsHide: true })
    return
  }
  try {
    process.kill(-group, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // ESRCH: all of it has ended
  }
}

/** Whether any process of the group still runs. */
export function isGroupAlive(group: number): boolean {
  try {
    process.kill(isWindows ? group : -group, 0)
  } catch {
    return false
  }
  // A signal reaches a zombie, too.
  return isWindows || members(group).some(({ isZombie }) => !isZombie)
}

/** Resident memory of the group, in bytes; undefined where the system does not tell. */
export function groupMemory(group: number): number | undefined {
  const bytes = isWindows ? [] : members(group).map((member) => member.bytes)
  return bytes.length > 0 ? bytes.reduce((sum, each) => sum + each, 0) : undefined
}

/** Processor time that the group has used so far, in milliseconds; undefined where the system does not tell. */
export function groupCpu(group: number): number | undefined {
  const times = isWindows ? [] : members(group).flatMap(({ cpuMs }) => cpuMs ?? [])
  return times.length > 0 ? times.reduce((sum, each) => sum + each, 0) : undefined
}

function members(group: number): Member[] {
  return (process.platform === 'linux' ? fromProc() : fromPs()).filter((member) => member.group === group)
}

const PAGE_BYTES = 4_096
const TICK_MS = 10

/**
 * proc(5): in `stat`, behind the name in brackets, come the state, the parent, the group; the 12th and 13th are ticks of
 * processor time, the 22nd is resident pages.
 */
function fromProc(): Member[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      const fields = statOf(pid)
      return {
        isZombie: fields[0] === 'Z',
        group: Number(fields[2]),
        bytes: Number(fields[21]) * PAGE_BYTES,
        cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
      }
    })
}

function statOf(pid: string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return [] // it has ended meanwhile
  }
}

function fromPs(): Member[] {
  const table = execFileSync('ps', ['-A', '-o', 'pgid=,stat=,rss='], { encoding: 'utf8' })
  return table.split('\n').flatMap((line) => {
    const [group, state, kilobytes] = line.trim().split(/\s+/)
    if (group === undefined || state === undefined) return []
    return [{ group: Number(group), isZombie: state.startsWith('Z'), bytes: Number(kilobytes) * 1_024 }]
  })
}
