import { type Doc, doc, isDoc, isTrue, toNumber } from './bson.ts'
import { MongoError } from './errors.ts'
import { compileExpression } from './expressions.ts'
import { compileFilter } from './filter.ts'
import { compileGroup } from './group.ts'
import { compileProjection, flatten } from './projection.ts'
import { parseSort, sortBy } from './query.ts'

/** One stage: documents in, documents out. Documents are never modified, only made anew. */
export type Stage = (documents: Doc[]) => Doc[]

const STAGES: { [name: string]: (spec: unknown) => Stage } = {
  $match: (spec) => {
    const matches = compileFilter(documentOf('$match', spec, 15959))
    return (documents) => documents.filter(matches)
  },
  $sort: (spec) => {
    const order = parseSort(documentOf('$sort', spec, 15973))
    if (order.length === 0) throw new MongoError(15976, '$sort stage must have at least one sort key')
    return (documents) => sortBy(documents, order, (document) => document)
  },
  $skip: (spec) => (documents) => documents.slice(countOf('$skip', spec)),
  $limit: (spec) => (documents) => documents.slice(0, countOf('$limit', spec)),
  $count: (spec) => {
    if (typeof spec !== 'string' || spec === '' || /^\$|[.\0]/.test(spec)) {
      throw new MongoError(
        40156,
        'the count field must be a non-empty string without $ in front, and without a dot',
      )
    }
    return (documents) => (documents.length === 0 ? [] : [doc([[spec, documents.length]])])
  },
  $group: (spec) => compileGroup(documentOf('$group', spec, 15947)),
  $project: (spec) => projectStage(documentOf('$project', spec, 15969)),
}

/** Compiles one stage of a pipeline. Throws 40323 or 40324 when it is not exactly one known stage. */
export function compileStage(stage: Doc): Stage {
  const [name = '', ...more] = Object.keys(stage)
  if (name === '' || more.length > 0)
    throw new MongoError(40323, 'A pipeline stage specification object must contain exactly one field.')
  const compile = Object.hasOwn(STAGES, name) ? STAGES[name] : undefined
  if (!compile)
    throw new MongoError(
      40324,
      `Unrecognized pipeline stage name: '${name}' (MongoDB may know it, the embedded one does not)`,
    )
  return compile(stage[name])
}

/** The number of `$skip` and `$limit`. */
export function countOf(name: '$skip' | '$limit', spec: unknown): number {
  const number = toNumber(spec)
  const valid = number !== undefined && Number.isInteger(number) && number >= 0
  if (!valid)
    throw new MongoError(
      name === '$skip' ? 5107200 : 5107201,
      `invalid argument to ${name} stage: Expected a non-negative integer`,
    )
  if (name === '$limit' && number === 0) throw new MongoError(15958, 'the limit must be positive')
  return number
}

function documentOf(name: string, spec: unknown, code: number): Doc {
  if (isDoc(spec)) return spec
  throw new MongoError(code, `the ${name} stage specification must be an object`)
}

function projectStage(spec: Doc): Stage {
  if (Object.keys(spec).length === 0)
    throw new MongoError(
      51272,
      'Invalid $project :: caused by :: projection specification must have at least one field',
    )
  const flat = flatten(spec)
  const computed = flat.filter(([, value]) => typeof value !== 'boolean' && toNumber(value) === undefined)
  const kept = flat.filter((entry) => !computed.includes(entry))
  const excluded = kept.find(([name, value]) => !isTrue(value) && name !== '_id')
  if (excluded && computed.length > 0)
    throw new MongoError(31254, `Cannot do exclusion on field ${excluded[0]} in inclusion projection`)
  // Computed fields alone still mean "these and _id": include a name that no field can have.
  const including = computed.length > 0 && !kept.some(([, value]) => isTrue(value))
  const project = compileProjection(doc(including ? [...kept, ['\0', 1]] : kept))
  const setters = computed.map(setter)
  return (documents) =>
    documents.map((document) => setters.reduce((made, set) => set(made, document), project(document)))
}

function setter([name, expression]: [string, unknown]): (made: Doc, from: Doc) => Doc {
  const path = name.split('.')
  if (path.some((part) => part === '' || part.startsWith('$')))
    throw new MongoError(16410, `FieldPath field names may not be empty or start with '$': '${name}'`)
  const evaluate = compileExpression(expression)
  return (made, from) => withField(made, path, evaluate(from)) as Doc
}

// On the way, arrays are entered element by element, and a scalar gives way to a document.
function withField(target: unknown, path: string[], value: unknown): unknown {
  const [field, ...rest] = path
  if (field === undefined) return value
  if (Array.isArray(target)) return target.map((element) => withField(element, path, value))
  const made = doc(isDoc(target) ? Object.entries(target) : [])
  const inner = withField(made[field], rest, value)
  if (inner === undefined) delete made[field]
  else made[field] = inner
  return made
}
