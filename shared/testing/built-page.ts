import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, vi } from 'vitest'
import { viteConfig } from '../server/vite.ts'

/**
 * Builds the page of the level in `levelDir` when it is first asked for, once for all tests of a file. Resolves with where
 * it is: a folder for `createPage(…, true)`. Built, it is a few files instead of a hundred, and is there in a third of the
 * time.
 *
 * Unless it is for `production`, it has what only development shows, too: the buttons that need the server's help.
 */
export function builtPageForAll(levelDir: string, { production = false } = {}): () => Promise<string> {
  let building: Promise<string> | undefined
  afterAll(async () => {
    if (building) await rm(await building, { recursive: true })
  })
  return () => {
    building ??= build(levelDir, production)
    return building
  }
}

async function build(levelDir: string, production: boolean): Promise<string> {
  const vite = await import('vite')
  const folder = await mkdtemp(path.join(tmpdir(), 'page-'))
  const config = viteConfig(levelDir)
  // Vite asks NODE_ENV whether this is production; vitest says that it is a test.
  if (production) vi.stubEnv('NODE_ENV', 'production')
  await vite.build({ ...config, build: { ...config.build, outDir: path.join(folder, 'dist') } })
  vi.unstubAllEnvs()
  return folder
}
