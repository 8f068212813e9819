import { gate } from './gate.ts'

gate('level 2', ({ level, fileName }) => level === 2 && fileName === 'server.ts')
