import { gate } from './gate.ts'

gate('pages', ({ fileName }) => fileName === 'client.ts', 1)
