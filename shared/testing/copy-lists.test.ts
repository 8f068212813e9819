import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './process.ts'

/** The files that a module imports, types included, and those that they import, as paths from the root. */
function importsOf(file: string, found = new Set<string>()): Set<string> {
  for (const [, from = ''] of readFileSync(path.join(root, file), 'utf8').matchAll(/ from '([^']+\.ts)'/g)) {
    const imported = from.startsWith('@levels/')
      ? from.replace('@levels/', '')
      : path.join(path.dirname(file), from)
    // What serves the page is the one thing that a reader is told to replace.
    if (path.basename(imported) === 'page.ts' || found.has(imported)) continue
    importsOf(imported, found.add(imported))
  }
  return found
}

describe('what a lesson tells a reader to copy', () => {
  it.each(['level-1-websocket', 'level-2-socketio'])('is everything that the server of %s needs', (level) => {
    const readme = readFileSync(path.join(root, level, 'README.md'), 'utf8')
    const paragraph = readme.split('## Copy this\n\n')[1]?.split('\n\n')[0] ?? ''
    const named = [...paragraph.matchAll(/`([^`]+)`/g)].map(([, name]) => name)
    expect(named).toContain('src/')
    const copied = [
      ...readdirSync(path.join(root, level, 'src')).map((file) => `${level}/src/${file}`),
      ...named.map((name) => `shared/server/${name}`),
    ]
    expect(copied).toEqual(expect.arrayContaining([...importsOf(`${level}/src/server.ts`)]))
  })
})
