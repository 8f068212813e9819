import path from 'node:path'
import { learn } from '../exercises/learn.ts'

// `npm run learn`: the exercises of all levels. What the learner writes is in my/, which git ignores.
const my = path.join(import.meta.dirname, '..', '..', 'my')
process.exitCode = await learn(process.argv.slice(2), process, my)
