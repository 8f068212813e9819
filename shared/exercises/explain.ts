import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Crash } from './guard.ts'

/**
 * Says in the learner's words what ended their program: what happened, in which line of their file, and what to do.
 * `shown` is the file's name as the learner knows it.
 */
export function explainCrash({ stack, code, port, origin }: Crash, file: string, shown: string): string {
  const where = `${shown}${lineIn(stack, file)}`
  const message = messageOf(stack)

  const syntax = /:(\d+):(\d+): ERROR: (.+)/.exec(stack)
  if (syntax) return `${shown}:${syntax[1]}:${syntax[2]} does not compile: ${syntax[3]}.`

  const missingExport = /requested module '(.+?)' does not provide an export named '(.+?)'/.exec(stack)
  if (missingExport) {
    return `${where} imports ${missingExport[2]} from '${missingExport[1]}', which has no export of that name. Is it spelt differently?`
  }
  const syntaxInNode = /ERR_INVALID_TYPESCRIPT_SYNTAX\]: (.+)/.exec(stack)
  if (syntaxInNode) return `${where} does not compile: ${syntaxInNode[1]}.`.replace(/\.\.$/, '.')

  const missing = /Cannot find (?:package|module) '(.+?)'/.exec(stack)
  if (code?.endsWith('MODULE_NOT_FOUND') && missing) {
    const name = missing[1] ?? ''
    if (path.isAbsolute(name)) {
      return `${shown}${lineWith(path.basename(name), file)} imports the file ${path.basename(name)}, and it is not there. Is the name right, with its ending .ts?`
    }
    return `${shown}${lineWith(name, file)} imports the package "${name}", which is not installed. The exercise needs only what its start imports.`
  }
  if (code === 'EADDRINUSE') {
    return `${shown}${lineIn(stack, file) || lineWith('.listen(', file)} listens on port ${port}, and something else has that port already. Listen on Number(process.env.PORT): every check gives a free one.`
  }
  if (code === 'ERR_SOCKET_BAD_PORT') {
    return `${where} listens on a port that is no number between 0 and 65535. Listen on Number(process.env.PORT).`
  }
  if (origin === 'unhandledRejection' && !/^\w*SyntaxError|ReferenceError/.test(message)) {
    return `${where}: ${message}. It was thrown in an async function, or a promise was rejected, and nothing caught it: that ends a Node program.`
  }
  return `${where}: ${message}. Nothing caught it: that ends a Node program.`
}

/** `:12:3`, the first place in the learner's own file that a stack names; nothing if it names none. */
export function lineIn(stack: string, file: string): string {
  for (const line of stack.split('\n')) {
    const found = /((?:file:\/\/)?[^\s()]+?):(\d+)(?::(\d+))?\)?$/.exec(line.trim())
    if (!found?.[1]) continue
    const named = found[1].startsWith('file:') ? fileURLToPath(found[1]) : found[1]
    if (path.resolve(named) === file) return `:${found[2]}${found[3] ? `:${found[3]}` : ''}`
  }
  return ''
}

/** `:12`, the first line of the learner's file with this text in it: for errors whose stack names no line of theirs. */
function lineWith(text: string, file: string): string {
  const index = readFileSync(file, 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text))
  return index === -1 ? '' : `:${index + 1}`
}

/** The message alone: what comes before the stack's first line, and after the source that Node shows. */
function messageOf(stack: string): string {
  const lines = stack.split('\n')
  const firstFrame = lines.findIndex((line) => /^\s+at /.test(line))
  const before = lines.slice(0, firstFrame === -1 ? undefined : firstFrame)
  const caret = before.findIndex((line) => /^\s*\^+\s*$/.test(line))
  return before
    .slice(caret + 1)
    .join(' ')
    .trim()
    .replace(/[.\s]+$/, '')
}
