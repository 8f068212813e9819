import { adopt, BSONRegExp, type Doc, doc, isDoc } from './bson.ts'
import { MongoError, notCovered } from './errors.ts'
import { isOperators } from './filter.ts'
import { UPDATE_OPERATORS, type UpdateOperator } from './update-operators.ts'
import { parentOf } from './update-path.ts'
import { compare } from './values.ts'

/** Makes the new version of a document; the old one is left as it is. */
export type Updater = (document: Doc, inserting: boolean) => Doc

interface Step {
  path: string[]
  name: string
  operator: UpdateOperator
  operand: unknown
}

/** Compiles an update: operators, or a whole replacement. Throws MongoDB's errors for a bad one. */
export function compileUpdate(update: unknown): Updater {
  if (Array.isArray(update)) throw notCovered('An update with an aggregation pipeline')
  if (!isDoc(update)) throw new MongoError(9, 'Update argument must be either an object or an array')
  const operators = Object.keys(update)
  if (!operators[0]?.startsWith('$')) return replacement(update)
  const steps = operators.flatMap((name) => stepsOf(name, update[name])).sort(byPath)
  for (const [i, step] of steps.entries()) if (i > 0) checkConflict(steps[i - 1], step)
  return (document, inserting) => {
    const updated = adopt(document) as Doc
    for (const step of steps) {
      if (step.name === '$setOnInsert' && !inserting) continue
      const parent = parentOf(updated, step.path, step.name !== '$unset' && step.name !== '$pull')
      if (parent) parent.write(step.operator(parent.read(), step.operand, step.path.join('.')))
    }
    checkId(
      document,
      updated,
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    )
    return updated
  }
}

function replacement(update: Doc): Updater {
  const dollar = Object.keys(update).find((field) => field.startsWith('$'))
  if (dollar)
    throw new MongoError(
      52,
      `The dollar ($) prefixed field '${dollar}' in '${dollar}' is not allowed in the context of an update's replacement document.`,
    )
  return (document) => {
    if (update._id !== undefined)
      checkId(document, update, 'the (immutable) field _id was found to have been altered')
    const entries = Object.entries(update).filter(([field]) => field !== '_id')
    const _id = document._id === undefined ? update._id : document._id
    return doc(_id === undefined ? entries : [['_id', _id], ...entries])
  }
}

function checkId(before: Doc, after: Doc, message: string): void {
  if (before._id !== undefined && compare(before._id, after._id) !== 0) throw new MongoError(66, message)
}

const KNOWN_TO_MONGODB = ['$mul', '$rename', '$bit', '$pop', '$pullAll']

function stepsOf(name: string, fields: unknown): Step[] {
  if (KNOWN_TO_MONGODB.includes(name)) throw notCovered(`The update operator ${name}`)
  const operator = Object.hasOwn(UPDATE_OPERATORS, name) ? UPDATE_OPERATORS[name] : undefined
  if (!operator) {
    throw new MongoError(
      9,
      `Unknown modifier: ${name}. Expected a valid update modifier or pipeline-style update specified as an array`,
    )
  }
  if (!isDoc(fields))
    throw new MongoError(
      9,
      `Modifiers operate on fields but we found another type instead. For example: {$mod: {<field>: ...}} not {${name}: ...}`,
    )
  return Object.keys(fields).map((field) => {
    const path = field.split('.')
    if (path.includes(''))
      throw new MongoError(
        56,
        `The update path '${field}' contains an empty field name, which is not allowed.`,
      )
    if (path.some((part) => part === '$' || part.startsWith('$[')))
      throw notCovered(`The positional path '${field}'`)
    const dollar = path.find((part) => part.startsWith('$'))
    if (dollar)
      throw new MongoError(
        52,
        `The dollar ($) prefixed field '${dollar}' in '${field}' is not valid for storage.`,
      )
    return { path, name, operator, operand: fields[field] }
  })
}

// MongoDB applies an update in the order of its paths, so that is the order in which new fields appear.
function byPath(a: Step, b: Step): number {
  for (const [i, x] of a.path.entries()) {
    const y = b.path[i]
    if (y === undefined) return 1
    if (x === y) continue
    if (/^\d+$/.test(x) && /^\d+$/.test(y)) return Number(x) - Number(y)
    return x < y ? -1 : 1
  }
  return a.path.length - b.path.length
}

function checkConflict(a: Step | undefined, b: Step): void {
  if (!a?.path.every((part, i) => part === b.path[i])) return
  throw new MongoError(
    40,
    `Updating the path '${b.path.join('.')}' would create a conflict at '${a.path.join('.')}'`,
  )
}

/** The document that an upsert starts from: what the filter says by equality. */
export function upsertBase(filter: Doc, base: Doc = doc()): Doc {
  for (const name of Object.keys(filter)) {
    const value = filter[name]
    if (name === '$and' && Array.isArray(value)) for (const part of value) upsertBase(part, base)
    if (name === '$or' && Array.isArray(value) && value.length === 1) upsertBase(value[0], base)
    if (name.startsWith('$')) continue
    const equal = isOperators(value) ? onlyValue(value) : value
    if (equal === undefined || (equal === value && value instanceof BSONRegExp)) continue
    const parent = parentOf(base, name.split('.'), true)
    if (parent?.read() !== undefined)
      throw new MongoError(54, `cannot infer query fields to set, path '${name}' is matched twice`)
    parent?.write(equal)
  }
  return base
}

// What operators say by equality: `$eq`, or the one value of `$in` or `$all`.
function onlyValue({ $eq, $in, $all }: Doc): unknown {
  if ($eq !== undefined) return $eq
  const list = $in ?? $all
  const [only] = Array.isArray(list) && list.length === 1 ? list : []
  return only instanceof BSONRegExp || isOperators(only) ? undefined : only
}
