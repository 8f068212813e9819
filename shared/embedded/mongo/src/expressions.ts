import { type Doc, Double, doc, isDoc, isTrue, Long } from './bson.ts'
import { MongoError } from './errors.ts'
import { checkExpression } from './expression-check.ts'
import { createOptions, evaluate, MINGO_OPERATORS, type Operator } from './mingo.ts'
import { compare, typeOf } from './values.ts'

// Aggregation expressions are evaluated by mingo, with an explicit list of operators: mingo's where they do
// what MongoDB does, our own where BSON types or missing fields make a difference. All others are refused.

const OWN_OPERATORS: { [name: string]: Operator } = {
  $literal: (_, operand) => operand,
  $eq: comparison((order) => order === 0),
  $ne: comparison((order) => order !== 0),
  $gt: comparison((order) => order > 0),
  $gte: comparison((order) => order >= 0),
  $lt: comparison((order) => order < 0),
  $lte: comparison((order) => order <= 0),
  $cmp: comparison((order) => order),
  $not: ownOperator('$not', 1, ([value]) => !isTrue(value)),
  $in: ownOperator('$in', 2, ([value, array]) => {
    if (!Array.isArray(array))
      throw new MongoError(40081, `$in requires an array as a second argument, found: ${typeOf(array)[0]}`)
    return array.some((element) => compare(value, element) === 0)
  }),
  $size: ownOperator('$size', 1, ([array]) => {
    if (!Array.isArray(array))
      throw new MongoError(
        17124,
        `The argument to $size must be an array, but was of type: ${typeOf(array)[0]}`,
      )
    return array.length
  }),
  $concat: ownOperator('$concat', undefined, (values) => {
    if (values.some((value) => value === null || value === undefined)) return null
    const other = values.find((value) => typeof value !== 'string')
    if (other !== undefined)
      throw new MongoError(16702, `$concat only supports strings, not ${typeOf(other)[0]}`)
    return values.join('')
  }),
}

const KNOWN = [...MINGO_OPERATORS, ...Object.keys(OWN_OPERATORS)]
let options: ReturnType<typeof createOptions> | undefined

/** Compiles an expression to a function of a document; `undefined` is MongoDB's "missing". */
export function compileExpression(expression: unknown): (document: Doc) => unknown {
  checkExpression(expression, KNOWN)
  if (typeof expression === 'string' && /^\$[^$]/.test(expression)) {
    const path = expression.slice(1).split('.')
    return (document) => fieldAt(document, path)
  }
  const constant = !isDoc(expression) && !Array.isArray(expression) && !String(expression).startsWith('$$')
  if (constant) return () => expression
  options ??= createOptions(OWN_OPERATORS)
  const [plain, withOptions] = [toPlain(expression), options]
  return (document) => {
    try {
      return fromPlain(evaluate(toPlain(document), plain, withOptions))
    } catch (error) {
      if (error instanceof MongoError) throw error
      throw new MongoError(2, error instanceof Error ? error.message : String(error))
    }
  }
}

/** The value at a path as expressions see it: of an array of documents, the array of their values. */
function fieldAt(value: unknown, path: readonly string[]): unknown {
  const [field, ...rest] = path
  if (field === undefined) return value
  if (Array.isArray(value))
    return value.map((element) => fieldAt(element, path)).filter((found) => found !== undefined)
  return isDoc(value) ? fieldAt(value[field], rest) : undefined
}

function ownOperator(name: string, size: number | undefined, run: (values: unknown[]) => unknown): Operator {
  return (document, operand: unknown, options) => {
    const operands = Array.isArray(operand) ? operand : [operand]
    if (size !== undefined && operands.length !== size) {
      throw new MongoError(
        16020,
        `Expression ${name} takes exactly ${size} arguments. ${operands.length} were passed in.`,
      )
    }
    return run(operands.map((one) => fromPlain(evaluate(document, one, options))))
  }
}

// Missing sorts below null here, unlike in filters.
function comparison<T>(result: (order: number) => T): Operator {
  return ownOperator('comparison', 2, ([a, b]) => {
    if (a === undefined || b === undefined) return result(Number(b === undefined) - Number(a === undefined))
    return result(compare(a, b))
  })
}

// mingo computes with JavaScript numbers. A Long beyond 2^53 stays one, which its operators refuse.
function toPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPlain)
  if (isDoc(value)) return Object.fromEntries(Object.entries(value).map(([field, v]) => [field, toPlain(v)]))
  if (value instanceof Double) return value.value
  if (value instanceof Long && Number.isSafeInteger(value.toNumber())) return value.toNumber()
  return value
}

function fromPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => (element === undefined ? null : fromPlain(element)))
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value
  const entries = Object.entries(value).filter(([, v]) => v !== undefined)
  return doc(entries.map(([field, v]) => [field, fromPlain(v)]))
}
