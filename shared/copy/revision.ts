import { execFileSync } from 'node:child_process'

/** The revision of this clone, as in `1a2b3c4`; `unknown` when it is no clone. */
export function revisionOf(house: string): string {
  return git(house, 'rev-parse', '--short', 'HEAD')?.trim() ?? 'unknown'
}

/** A file's text as it was at a revision, or undefined when that is not known here. */
export function textAt(house: string, revision: string, file: string): string | undefined {
  return git(house, 'show', `${revision}:${file}`)
}

function git(cwd: string, ...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
    })
  } catch {
    return undefined // no git, no clone, or no such revision
  }
}
