import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A file with a line, in a stack or in a message: `file:///…/server.ts:12:3`, `/…/server.ts:12:3`, `C:\…\server.ts:12`. */
const PLACE = /(?:file:\/\/)?((?:\/|[A-Za-z]:[\\/])[^\s:()'"]*\.[cm]?[jt]sx?):(\d+)(?::(\d+))?/g

/** What runs our programs is not where they fail. */
const RUNNERS = /[\\/]node_modules[\\/]|[\\/]shared[\\/](dev[\\/]\w+\.js|server[\\/]run\.ts)$/

/**
 * An error as one line: what it says, and the first place in this repository's own files that it or its stack names.
 *
 * @param {unknown} error
 * @param {string} [own] the folder whose files are ours
 */
export function describeError(error, own = root) {
  const { name = 'Error', message = String(error), stack = '' } = error instanceof Error ? error : {}
  const place = [...`${message}\n${stack}`.matchAll(PLACE)].find(([, file = '']) => {
    return path.normalize(file).startsWith(own) && !RUNNERS.test(file)
  })
  const words = `${name}: ${message.replaceAll(PLACE, '')}`.replaceAll(/\s+:?\s*/g, ' ').trim()
  if (!place) return words
  const [, file = '', line, column] = place
  return `${words} (${path.relative(own, file)}:${line}${column ? `:${column}` : ''})`
}
