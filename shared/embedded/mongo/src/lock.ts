import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Takes the data directory for this process, making it if need be, and returns the function that gives it
 * back. A lock left by a process that died is taken over. Throws when another server has the directory.
 */
export function lockDirectory(directory: string): () => void {
  const lock = join(directory, 'mongo.lock')
  const own = `${lock}.${process.pid}`
  const mark = `${process.pid} ${startOf(process.pid)}`
  try {
    mkdirSync(directory, { recursive: true })
    writeFileSync(own, mark)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause
    throw new Error(`The data directory ${directory} cannot be used: ${reason}`, { cause })
  }
  // The lock appears with its content in it: link() fails if there is one already.
  try {
    if (!take(own, lock)) {
      const found = readFileSync(lock, 'utf8')
      if (isAlive(found)) throw inUse(directory, found)
      discard(lock, found, directory)
      if (!take(own, lock)) throw inUse(directory, readFileSync(lock, 'utf8'))
    }
  } finally {
    rmSync(own, { force: true })
  }
  return () => rmSync(lock, { force: true })
}

function take(own: string, lock: string): boolean {
  try {
    linkSync(own, lock)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

// Moves a dead lock away. Another process may have done so first and put its own there: that goes back.
function discard(lock: string, expected: string, directory: string): void {
  const aside = `${lock}.${process.pid}.stale`
  try {
    renameSync(lock, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  const found = readFileSync(aside, 'utf8')
  if (found !== expected) take(aside, lock)
  rmSync(aside, { force: true })
  if (found !== expected) throw inUse(directory, found)
}

// A process id is used again after a while, so a lock also names when its process started (where known).
function isAlive(mark: string): boolean {
  const [id = '', start = ''] = mark.split(' ')
  if (!/^[1-9]\d*$/.test(id)) return false // damaged
  try {
    process.kill(Number(id), 0)
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false
  }
  return start === startOf(Number(id))
}

// From /proc/<pid>/stat: field 22, the start time in clock ticks since boot. Field 3 is the state, and one that has
// ended stays there as a zombie until its parent asks after it.
function startOf(id: number): string {
  if (process.platform !== 'linux') return ''
  try {
    const fields = readFileSync(`/proc/${id}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '')
  } catch {
    return ''
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined)

const inUse = (directory: string, mark: string) =>
  new Error(
    `The data directory ${directory} is in use by another embedded MongoDB (process ${mark.split(' ')[0]}). Stop it, or set DATA_DIR to another directory.`,
  )
