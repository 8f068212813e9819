import { startWriteBehind } from './write-behind.ts'

// Answers first and writes later.
startWriteBehind()
