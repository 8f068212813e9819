import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { importsIn, resolveOwn } from '../copy/imports.ts'

/** What each file imports: files as paths from the root of the repository, packages by their names (`zod`, `node:fs`). */
export type Graph = ReadonlyMap<string, readonly string[]>

/** `import type … from '…'`, `export type … from '…'`, and imports of nothing but types in braces. */
const TYPE_IMPORT =
  /^(?:import|export) (?:type [^'"\n]*?|\{(?:\s*type \w+(?: as \w+)?,?)+\s*\}|type \{[^}]*\}) ?from ['"][^'"\n]+['"]/gm

/** The import graph of every file that git knows or would take; without `types`, of what is left when it runs. */
export function readGraph(root: string, { types }: { types: boolean }): Graph {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => /\.([cm]?[jt]s|css|html)$/.test(file) && existsSync(path.join(root, file)))
  return new Map(
    files.map((file) => {
      const from = path.join(root, file)
      const text = readFileSync(from, 'utf8')
      const names = importsIn(file, types ? text : text.replace(TYPE_IMPORT, ''))
      return [file, names.map((name) => nameOf(name, from, root))]
    }),
  )
}

function nameOf(name: string, from: string, root: string): string {
  // Written for a process that the test itself makes, or a page's path that a server answers: no file of ours.
  if (name.startsWith('.') && !existsSync(path.resolve(path.dirname(from), name))) return name
  const own = resolveOwn(name, from, root)
  if (own) return path.relative(root, own).replaceAll(path.sep, '/')
  const [scope = '', more] = name.split('/')
  return name.startsWith('@') && more ? `${scope}/${more}` : scope
}
