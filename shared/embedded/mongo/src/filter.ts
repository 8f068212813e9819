import { BSONRegExp, type Doc, doc, isDoc, isTrue } from './bson.ts'
import { MongoError, notCovered } from './errors.ts'
import { compileExpression } from './expressions.ts'
import { OPERATORS, type Probe, probeFor } from './filter-operators.ts'
import { valuesAt } from './paths.ts'

export type Predicate = (document: Doc) => boolean

/** Compiles a filter. Throws BadValue (2) for an operator that MongoDB does not know either. */
export function compileFilter(filter: Doc): Predicate {
  const tests = Object.keys(filter).map((key) =>
    key.startsWith('$') ? topLevel(key, filter[key]) : field(key, filter[key]),
  )
  const [only] = tests
  if (only && tests.length === 1) return only
  return (document) => tests.every((test) => test(document))
}

/** Whether a condition is operators, like `{ $gt: 5 }`, and not a value to be equal to. */
export function isOperators(condition: unknown): condition is Doc {
  if (!isDoc(condition)) return false
  const first = Object.keys(condition)[0] ?? ''
  return first.startsWith('$') && !['$ref', '$id', '$db'].includes(first)
}

function topLevel(operator: string, operand: unknown): Predicate {
  if (operator === '$comment') return () => true
  if (operator === '$expr') {
    const evaluate = compileExpression(operand)
    return (document) => isTrue(evaluate(document))
  }
  if (['$where', '$text', '$jsonSchema'].includes(operator)) throw notCovered(operator)
  if (!['$and', '$or', '$nor'].includes(operator)) {
    throw new MongoError(
      2,
      `unknown top level operator: ${operator}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`,
    )
  }
  if (!Array.isArray(operand) || operand.length === 0) {
    throw new MongoError(2, `${operator} argument must be a non-empty array`)
  }
  const parts = operand.map((part) => {
    if (!isDoc(part)) throw new MongoError(2, '$or/$and/$nor entries need to be full objects')
    return compileFilter(part)
  })
  if (operator === '$and') return (document) => parts.every((part) => part(document))
  const wanted = operator === '$or'
  return (document) => parts.some((part) => part(document)) === wanted
}

function field(name: string, condition: unknown): Predicate {
  const path = name.split('.')
  const probe = compileCondition(condition)
  return (document) => probe((test, whole) => valuesAt(document, path, whole ? 'whole' : 'match').some(test))
}

/** Compiles what stands beside a field: operators, a regular expression, or a value. */
export function compileCondition(condition: unknown): Probe {
  if (!isOperators(condition)) return probeFor(condition)
  const probes = Object.keys(condition).map((name) => compileOperator(name, condition))
  const [only] = probes
  if (only && probes.length === 1) return only
  return (any) => probes.every((probe) => probe(any))
}

function compileOperator(name: string, condition: Doc): Probe {
  const operand = condition[name]
  if (name === '$not') {
    if (!isOperators(operand) && !(operand instanceof BSONRegExp)) {
      throw new MongoError(2, '$not needs a regex or a document with operators')
    }
    const inner = compileCondition(operand)
    return (any) => !inner(any)
  }
  if (name === '$elemMatch') return elemMatch(operand)
  if (name === '$all') return all(operand)
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined
  if (!operator) throw new MongoError(2, `unknown operator: ${name}`)
  return operator(operand, condition)
}

/** The test that `$elemMatch` and `$pull` make of one array element. */
export function compileElement(operand: Doc): (element: unknown) => boolean {
  const logical = ['$and', '$or', '$nor', '$expr', '$where'].includes(Object.keys(operand)[0] ?? '')
  if (isOperators(operand) && !logical) {
    const probe = compileCondition(operand)
    return (element) => probe((test) => test(element))
  }
  const filter = compileFilter(operand)
  return (element) => isDoc(element) && filter(element)
}

function elemMatch(operand: unknown): Probe {
  if (!isDoc(operand)) throw new MongoError(2, '$elemMatch needs an Object')
  const test = compileElement(operand)
  // A nested array counts as a document whose fields are its positions.
  const passes = (element: unknown) =>
    test(element) || (Array.isArray(element) && test(doc(Object.entries(element))))
  return (any) => any((value) => Array.isArray(value) && value.some(passes), true)
}

function all(operand: unknown): Probe {
  if (!Array.isArray(operand)) throw new MongoError(2, '$all needs an array')
  const probes = operand.map((value) => {
    if (isDoc(value) && '$elemMatch' in value) return elemMatch(value.$elemMatch)
    if (isOperators(value)) throw new MongoError(2, 'no $ expressions in $all')
    return probeFor(value)
  })
  return (any) => probes.length > 0 && probes.every((probe) => probe(any))
}
