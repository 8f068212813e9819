import { gate } from './gate.ts'

// These wait most.
gate('level 4', ({ level, fileName }) => level === 4 && fileName === 'server.ts', 6)
