import { prove } from '@levels/promises/prove.ts'

// An orderly end: what was started is ended on `exit`, which a signal alone does not raise.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(2))

// What was cut and frozen on purpose may keep timers and sockets: when all is told, it is over.
process.exit(await prove(process.argv.slice(2)))
