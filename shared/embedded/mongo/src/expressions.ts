import { type Doc, doc, isDoc, isTrue } from './bson.ts'
import { MongoError, notCovered } from './errors.ts'
import { addNumbers } from './numbers.ts'
import { compare, typeOf } from './values.ts'

/** Computes a value from a document; `undefined` is MongoDB's "missing". */
export type Expression = (document: Doc) => unknown

/** Compiles an aggregation expression. Throws MongoDB's errors for one that is not well-formed, or not covered. */
export function compileExpression(expression: unknown): Expression {
  if (typeof expression === 'string' && expression.startsWith('$')) return compilePath(expression)
  if (Array.isArray(expression)) {
    const elements = expression.map(compileExpression)
    return (document) => elements.map((element) => element(document) ?? null)
  }
  if (!isDoc(expression)) return () => expression
  const names = Object.keys(expression)
  const operator = names.find((name) => name.startsWith('$'))
  if (operator) return compileOperator(operator, expression)
  const fields = names.map((name) => [name, compileExpression(expression[name])] as const)
  return (document) => {
    const values = fields.map(([name, field]) => [name, field(document)] as const)
    return doc(values.filter(([, value]) => value !== undefined))
  }
}

function compilePath(path: string): Expression {
  const [first = '', ...rest] = path.split('.')
  if (first.startsWith('$$') && first !== '$$ROOT')
    throw new MongoError(17276, `Use of undefined variable: ${first.slice(2)} (there is only ROOT here)`)
  const fields = first === '$$ROOT' ? rest : [first.slice(1), ...rest]
  if (fields.includes(''))
    throw new MongoError(15998, `FieldPath field names may not be empty strings: '${path}'`)
  if (rest.some((part) => /^\d+$/.test(part))) throw notCovered(`A position in an array (${path})`)
  return (document) => fieldAt(document, fields)
}

// Of an array of documents, the array of their values.
function fieldAt(value: unknown, path: readonly string[]): unknown {
  const [field, ...rest] = path
  if (field === undefined) return value
  if (Array.isArray(value))
    return value.map((element) => fieldAt(element, path)).filter((found) => found !== undefined)
  return isDoc(value) ? fieldAt(value[field], rest) : undefined
}

function compileOperator(name: string, expression: Doc): Expression {
  const count = Object.keys(expression).length
  if (count > 1) {
    throw new MongoError(
      15983,
      `an expression specification must contain exactly one field, the name of the expression. Found ${count} fields`,
    )
  }
  const operand = expression[name]
  if (name === '$literal') return () => operand
  const compile = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined
  if (!compile) {
    throw new MongoError(
      168,
      `Unrecognized expression '${name}' (MongoDB may know it, the embedded one does not)`,
    )
  }
  const branches = name === '$cond' && isDoc(operand) ? [operand.if, operand.then, operand.else] : operand
  return compile((Array.isArray(branches) ? branches : [branches]).map(compileExpression))
}

const OPERATORS: { [name: string]: (operands: Expression[]) => Expression } = {
  $eq: comparison((order) => order === 0),
  $ne: comparison((order) => order !== 0),
  $gt: comparison((order) => order > 0),
  $gte: comparison((order) => order >= 0),
  $lt: comparison((order) => order < 0),
  $lte: comparison((order) => order <= 0),
  $cmp: comparison((order) => order),
  $and: (operands) => (document) => operands.every((operand) => isTrue(operand(document))),
  $or: (operands) => (document) => operands.some((operand) => isTrue(operand(document))),
  $not: strict('$not', 1, ([value]) => !isTrue(value)),
  $ifNull: (operands) => (document) => {
    let value: unknown
    for (const operand of operands) {
      value = operand(document)
      if (value !== null && value !== undefined) break
    }
    return value
  },
  $cond(operands) {
    checkCount('$cond', 3, operands)
    const [condition, yes, no] = operands
    return (document) => (isTrue(condition?.(document)) ? yes : no)?.(document)
  },
  $in: strict('$in', 2, ([value, array]) => {
    if (!Array.isArray(array))
      throw new MongoError(40081, `$in requires an array as a second argument, found: ${typeOf(array)[0]}`)
    return array.some((element) => compare(value, element) === 0)
  }),
  $size: strict('$size', 1, ([array]) => {
    if (Array.isArray(array)) return array.length
    throw new MongoError(
      17124,
      `The argument to $size must be an array, but was of type: ${typeOf(array)[0]}`,
    )
  }),
  $concat: strict('$concat', undefined, (values) => {
    if (values.some(isNothing)) return null
    const other = values.find((value) => typeof value !== 'string')
    if (other !== undefined)
      throw new MongoError(16702, `$concat only supports strings, not ${typeOf(other)[0]}`)
    return values.join('')
  }),
  $add: strict('$add', undefined, (values) => {
    if (values.some(isNothing)) return null
    const other = values.find((value) => !['int', 'long', 'double'].includes(typeOf(value)[0]))
    if (other !== undefined) throw notCovered(`$add of a ${typeOf(other)[0]}`)
    return values.reduce(addNumbers, 0)
  }),
}

const isNothing = (value: unknown) => value === null || value === undefined

function checkCount(name: string, count: number, operands: Expression[]): void {
  if (operands.length === count) return
  throw new MongoError(
    16020,
    `Expression ${name} takes exactly ${count} arguments. ${operands.length} were passed in.`,
  )
}

/** An operator that looks at all of its operands; without `count`, any number of them. */
function strict(name: string, count: number | undefined, run: (values: unknown[]) => unknown) {
  return (operands: Expression[]): Expression => {
    if (count !== undefined) checkCount(name, count, operands)
    return (document) => run(operands.map((operand) => operand(document)))
  }
}

// Missing sorts below null here, unlike in filters.
function comparison<T>(result: (order: number) => T) {
  return strict('comparison', 2, ([a, b]) => {
    if (a === undefined || b === undefined) return result(Number(b === undefined) - Number(a === undefined))
    return result(compare(a, b))
  })
}
