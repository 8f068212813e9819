import { prove } from '@levels/promises/prove.ts'

// What was cut and frozen on purpose may keep timers and sockets: when all is told, it is over.
process.exit(await prove(process.argv.slice(2)))
