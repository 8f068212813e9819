import path from 'node:path'
import { describeError } from './describe-error.js'
import { importTypescript } from './import-typescript.js'

// Runs a TypeScript program: node shared/dev/program.js FILE. An error that nobody catches, in a file that cannot be
// loaded or later, ends it with the error and its place in our sources, without a stack of somebody else's.
process.on('uncaughtException', end)
process.argv.splice(1, 1)
const script = path.resolve(process.argv[1] ?? '')
try {
  await import('./prepare.js')
  await importTypescript(script)
} catch (error) {
  end(error)
}

/** @param {unknown} error */
function end(error) {
  console.error(describeError(error))
  process.exit(1)
}
