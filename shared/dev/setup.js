import './prepare.js'
import { typescriptArguments } from './typescript.js'

// What commands that import TypeScript by name do first: node --import ./shared/dev/setup.js shared/cli/….ts
const tsx = 'tsx'
if (typescriptArguments.length > 0) await import(tsx)
// What is forked from here runs TypeScript, too.
process.execArgv.push(...typescriptArguments)
