import { gate } from './gate.ts'

gate('level 4', ({ level, fileName }) => level === 4 && fileName === 'server.ts')
