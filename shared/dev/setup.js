import module from 'node:module'
import { readEnvFile } from './env-file.js'
import { typescriptArguments } from './typescript.js'

// What every command of package.json does first: node --import ./shared/dev/setup.js shared/cli/….ts
readEnvFile()

// Keeps what V8 compiled for the next start. Node 22.8 and newer; the types are those of Node 20.
const { enableCompileCache } = /** @type {{ enableCompileCache?: () => void }} */ (module)
enableCompileCache?.()

const tsx = 'tsx'
if (typescriptArguments.length > 0) await import(tsx)
// What is forked from here runs TypeScript, too.
process.execArgv.push(...typescriptArguments)
