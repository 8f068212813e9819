import path from 'node:path'
import { lockDirectory } from '@levels/embedded-mongo/lock'

/** What levels keep in the data folder: the embedded database of each, and mails that were written to files. */
const KEPT: Record<number, string[]> = { 3: ['level-3'], 4: ['level-4', 'outbox'] }

/** The folders that these levels keep their data in; of all levels when none is named. They need not be there. */
export function foldersOf(dataDir: string, numbers: number[]): string[] {
  const wanted = numbers.length > 0 ? numbers : Object.keys(KEPT).map(Number)
  return wanted.flatMap((number) => KEPT[number] ?? []).map((name) => path.join(dataDir, name))
}

/** Whether an embedded database that runs has this folder. */
export async function isInUse(folder: string): Promise<boolean> {
  try {
    const unlock = await lockDirectory(folder)
    unlock()
    return false
  } catch {
    return true
  }
}
