import module from 'node:module'
import { readEnvFile } from './env-file.js'

// What comes first in every process that runs our TypeScript: the settings of .env, and what V8 compiled is kept for the
// next start. The latter is for Node 22.8 and newer; the types are those of Node 20.
readEnvFile()
const { enableCompileCache } = /** @type {{ enableCompileCache?: () => void }} */ (module)
enableCompileCache?.()
