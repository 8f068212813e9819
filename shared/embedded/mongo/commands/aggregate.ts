import { notCovered } from '../errors.ts'
import type { Command } from './command.ts'

export const aggregate: Command = {
  fields: [],
  run() {
    throw notCovered('aggregate')
  },
}
