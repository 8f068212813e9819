import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { inject, vi } from 'vitest'
import { viteConfig } from '../server/vite.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where to build: a folder that goes when all tests have ended. See vitest.config.ts. */
    pages: string
  }
}

const built = new Map<string, Promise<string>>()

/**
 * Builds the page of the level in `levelDir`, once for all tests of this process. Resolves with where it is: a folder for
 * `createPage(…, true)`. Built, it is a few files instead of a hundred, and is there in a third of the time.
 *
 * Unless it is for `production`, it has what only development shows, too: the buttons that need the server's help.
 */
export function builtPage(levelDir: string, { production = false } = {}): Promise<string> {
  const key = `${levelDir} ${production}`
  const page = built.get(key) ?? build(levelDir, production)
  built.set(key, page)
  return page
}

async function build(levelDir: string, production: boolean): Promise<string> {
  const vite = await import('vite')
  const folder = await mkdtemp(path.join(inject('pages'), 'page-'))
  const config = viteConfig(levelDir)
  // Vite asks NODE_ENV whether this is production; vitest says that it is a test.
  if (production) vi.stubEnv('NODE_ENV', 'production')
  await vite.build({ ...config, build: { ...config.build, outDir: path.join(folder, 'dist') } })
  vi.unstubAllEnvs()
  return folder
}
