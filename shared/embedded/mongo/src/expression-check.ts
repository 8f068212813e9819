import { isDoc } from './bson.ts'
import { MongoError, notCovered } from './errors.ts'

const VARIABLES = ['$$ROOT', '$$CURRENT', '$$NOW', '$$REMOVE']

/** Throws MongoDB's errors for an expression that is not well-formed, or has operators other than these. */
export function checkExpression(expression: unknown, operators: readonly string[]): void {
  if (typeof expression === 'string' && expression.startsWith('$')) checkPath(expression)
  if (Array.isArray(expression)) for (const element of expression) checkExpression(element, operators)
  if (!isDoc(expression)) return
  const names = Object.keys(expression)
  const operator = names.find((name) => name.startsWith('$'))
  if (operator && names.length > 1) {
    throw new MongoError(
      15983,
      `an expression specification must contain exactly one field, the name of the expression. Found ${names.length} fields`,
    )
  }
  if (operator && !operators.includes(operator)) {
    throw new MongoError(
      168,
      `Unrecognized expression '${operator}' (MongoDB may know it, the embedded one does not)`,
    )
  }
  if (operator !== '$literal') for (const name of names) checkExpression(expression[name], operators)
}

function checkPath(path: string): void {
  const [first = '', ...rest] = path.split('.')
  if (first.startsWith('$$') && !VARIABLES.includes(first))
    throw new MongoError(17276, `Use of undefined variable: ${first.slice(2)}`)
  if (path === '$' || rest.includes(''))
    throw new MongoError(15998, `FieldPath field names may not be empty strings: '${path}'`)
  if (rest.some((part) => /^\d+$/.test(part))) throw notCovered(`A position in an array (${path})`)
}
