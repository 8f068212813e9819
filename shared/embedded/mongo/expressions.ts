import { Context, evalExpr, ProcessingMode } from 'mingo/core'
import { $add, $divide, $multiply, $subtract } from 'mingo/operators/expression/arithmetic'
import { $and, $or } from 'mingo/operators/expression/boolean'
import { $cond, $ifNull, $switch } from 'mingo/operators/expression/conditional'
import type { AnyObject, Options } from 'mingo/types'
import { type Doc, Double, doc, isDoc, isTrue, Long } from './bson.ts'
import { MongoError } from './errors.ts'
import { checkExpression } from './expression-check.ts'
import { compare, typeOf } from './values.ts'

// Aggregation expressions are evaluated by mingo, with an explicit list of operators: mingo's where they do
// what MongoDB does, our own where BSON types or missing fields make a difference. All others are refused.

type Operator = (document: AnyObject, operand: unknown, options: Options) => unknown

const MINGO = { $add, $subtract, $multiply, $divide, $and, $or, $cond, $ifNull, $switch }

const OPERATORS: { [name: string]: Operator } = {
  ...(MINGO as unknown as { [name: string]: Operator }),
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

const options: Options = {
  context: Context.init({ expression: OPERATORS }),
  idKey: '_id',
  processingMode: ProcessingMode.CLONE_OFF,
  useStrictMode: true,
  scriptEnabled: false,
  failOnError: true,
}

/** Compiles an expression to a function of a document; `undefined` is MongoDB's "missing". */
export function compileExpression(expression: unknown): (document: Doc) => unknown {
  checkExpression(expression, OPERATORS)
  if (typeof expression === 'string' && /^\$[^$]/.test(expression)) {
    const path = expression.slice(1).split('.')
    return (document) => fieldAt(document, path)
  }
  if (typeof expression !== 'object' && !String(expression).startsWith('$')) return () => expression
  const plain = toPlain(expression)
  return (document) => {
    try {
      return fromPlain(evalExpr(toPlain(document) as never, plain as never, options))
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
    return run(operands.map((one) => fromPlain(evalExpr(document as never, one, options))))
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
