import { mkdtempSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

const made = new Set<string>()
process.once('exit', () => {
  for (const dir of made) rmSync(dir, { recursive: true, force: true })
})

/** A folder that is gone when this process ends, however it ends (but for SIGKILL), or when it is removed. */
export function makeTempDir(name: string): { dir: string; remove(): Promise<void> } {
  const dir = mkdtempSync(path.join(tmpdir(), `${name}-`))
  made.add(dir)
  return {
    dir,
    async remove() {
      await rm(dir, { recursive: true, force: true })
      made.delete(dir)
    },
  }
}
