import { fileURLToPath } from 'node:url'

// JavaScript, like everything in this folder that runs before TypeScript can.

/**
 * What Node must be told to run the TypeScript sources: nothing where it does so by itself (22.18 and newer), else to
 * load tsx. For the start of a process: `fork(file, { execArgv: typescriptArguments })`.
 *
 * @type {string[]}
 */
export const typescriptArguments =
  'typescript' in process.features && process.features.typescript
    ? []
    : ['--import', import.meta.resolve('tsx')]

/** What runs one TypeScript program, with its arguments: `spawn(process.execPath, [runner, 'main.ts'])`. */
export const runner = fileURLToPath(new URL('./program.js', import.meta.url))
