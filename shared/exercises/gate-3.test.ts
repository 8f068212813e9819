import { gate } from './gate.ts'

gate('level 3', ({ level, fileName }) => level === 3 && fileName === 'server.ts')
