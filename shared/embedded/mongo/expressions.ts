import type { Doc } from './bson.ts'
import { notCovered } from './errors.ts'

export function compileExpression(_: unknown): (document: Doc) => unknown {
  throw notCovered('An expression')
}
