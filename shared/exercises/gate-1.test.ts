import { gate } from './gate.ts'

gate('level 1', ({ level, fileName }) => level === 1 && fileName === 'server.ts')
