import { ACCUMULATORS, type Accumulator } from './accumulators.ts'
import { type Doc, doc, isDoc } from './bson.ts'
import { MongoError } from './errors.ts'
import { compileExpression } from './expressions.ts'
import { keyOf } from './values.ts'

interface Field {
  name: string
  start: () => Accumulator
  evaluate: (document: Doc) => unknown
}

/** Compiles `$group`: one document for every distinct `_id`, in the order in which they first appear. */
export function compileGroup(spec: Doc): (documents: Doc[]) => Doc[] {
  if (!('_id' in spec)) throw new MongoError(15955, 'a group specification must include an _id')
  const idOf = compileExpression(spec._id)
  const fields = Object.keys(spec)
    .filter((name) => name !== '_id')
    .map((name) => parseField(name, spec[name]))
  return (documents) => {
    const groups = new Map<string, { _id: unknown; accumulators: Accumulator[] }>()
    for (const document of documents) {
      const _id = idOf(document) ?? null
      const key = keyOf(_id)
      let group = groups.get(key)
      if (!group) {
        group = { _id, accumulators: fields.map(({ start }) => start()) }
        groups.set(key, group)
      }
      for (const [i, { evaluate }] of fields.entries()) group.accumulators[i]?.add(evaluate(document))
    }
    return Array.from(groups.values(), ({ _id, accumulators }) =>
      doc([['_id', _id], ...fields.map(({ name }, i) => [name, accumulators[i]?.result()] as const)]),
    )
  }
}

function parseField(name: string, value: unknown): Field {
  if (name.includes('.')) throw new MongoError(40235, `The field name '${name}' cannot contain '.'`)
  if (name.startsWith('$')) throw new MongoError(40236, `The field name '${name}' cannot be an operator name`)
  if (!isDoc(value)) throw new MongoError(40234, `The field '${name}' must be an accumulator object`)
  const [operator = '', ...more] = Object.keys(value)
  if (more.length > 0) throw new MongoError(40238, `The field '${name}' must specify one accumulator`)
  const start = Object.hasOwn(ACCUMULATORS, operator) ? ACCUMULATORS[operator] : undefined
  if (!start)
    throw new MongoError(
      15952,
      `unknown group operator '${operator}' (MongoDB may know it, the embedded one does not)`,
    )
  const operand = value[operator]
  if (operator === '$count' && !(isDoc(operand) && Object.keys(operand).length === 0)) {
    throw new MongoError(14, '$count takes no arguments, i.e. $count:{}')
  }
  return { name, start, evaluate: compileExpression(operand) }
}
