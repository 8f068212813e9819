import { type Doc, doc, isDoc, isTrue, toNumber } from './bson.ts'
import { MongoError, notCovered } from './errors.ts'
import { isOperators } from './filter.ts'

interface Fields {
  [field: string]: boolean | Fields
}

/** Compiles the projection of `find` and `$project`: fields to include, or fields to exclude. */
export function compileProjection(projection: Doc = doc()): (document: Doc) => Doc {
  const fields = doc() as Fields
  let including: boolean | undefined
  for (const [name, value] of flatten(projection)) {
    if (typeof value !== 'boolean' && toNumber(value) === undefined)
      throw notCovered(`A projection other than 0 or 1 (${name})`)
    if (name === '' || name.split('.').some((part) => part === '' || part.startsWith('$')))
      throw notCovered(`The projection ${name}`)
    const include = isTrue(value)
    addField(fields, name, include)
    if (name === '_id') continue
    if (including !== undefined && including !== include) {
      throw new MongoError(
        include ? 31253 : 31254,
        `Cannot do ${include ? 'inclusion' : 'exclusion'} on field ${name} in ${include ? 'exclusion' : 'inclusion'} projection`,
      )
    }
    including = include
  }
  if (Object.keys(fields).length === 0) return (document) => document
  if (including === undefined) including = fields._id === true
  if (including && fields._id === undefined) fields._id = true
  const keep = including
  return (document) => project(document, fields, keep)
}

/** Fields by their dotted paths: { a: { b: 1 } } says the same as { 'a.b': 1 }. */
export function flatten(spec: Doc, prefix = ''): [string, unknown][] {
  return Object.keys(spec).flatMap((name) => {
    const value = spec[name]
    return isDoc(value) && !isOperators(value)
      ? flatten(value, `${prefix}${name}.`)
      : [[prefix + name, value]]
  })
}

function addField(fields: Fields, name: string, include: boolean): void {
  const path = name.split('.')
  const last = path.pop() ?? ''
  let at = fields
  for (const part of path) {
    const next = at[part] ?? (doc() as Fields)
    if (typeof next === 'boolean') throw new MongoError(31249, `Path collision at ${name}`)
    at[part] = next
    at = next
  }
  if (at[last] !== undefined) throw new MongoError(31250, `Path collision at ${name}`)
  at[last] = include
}

function project(document: Doc, fields: Fields, including: boolean): Doc {
  const entries: [string, unknown][] = []
  for (const name of Object.keys(document)) {
    const rule = fields[name]
    const value = document[name]
    if (rule === undefined || typeof rule === 'boolean') {
      if (rule ?? !including) entries.push([name, value])
    } else {
      const inner = projectValue(value, rule, including)
      if (inner !== undefined) entries.push([name, inner])
    }
  }
  return doc(entries)
}

// Inside arrays every document is projected; of other values an inclusion keeps nothing.
function projectValue(value: unknown, fields: Fields, including: boolean): unknown {
  if (isDoc(value)) return project(value, fields, including)
  if (!Array.isArray(value)) return including ? undefined : value
  return value
    .map((element) => projectValue(element, fields, including))
    .filter((element) => element !== undefined)
}
