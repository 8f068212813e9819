import { type Doc, doc, isDoc } from './bson.ts'
import { MongoError } from './errors.ts'
import { typeOf } from './values.ts'

/** The place at the end of an update's path. Writing `undefined` removes the field. */
export interface Place {
  read(): unknown
  write(value: unknown): void
}

// MongoDB's own limit for how far an update may lengthen an array.
const MAX_PADDING = 1_500_000

/**
 * Walks a dotted path; with `create` the documents that are missing on the way are made.
 * Undefined: the path leads nowhere. Throws PathNotViable (28) when it would lead into a scalar.
 */
export function parentOf(root: Doc, path: readonly string[], create: boolean): Place | undefined {
  let at: unknown = root
  for (const [i, field] of path.entries()) {
    const place = placeIn(at, field, create)
    if (!place) {
      if (!create) return undefined
      const shown = `{${path[i - 1] ?? ''}: ${JSON.stringify(at)}}`
      throw new MongoError(28, `Cannot create field '${field}' in element ${shown} of type ${typeOf(at)[0]}`)
    }
    if (i === path.length - 1) return place
    let next = place.read()
    if (next === undefined) {
      if (!create) return undefined
      next = doc()
      place.write(next)
    }
    at = next
  }
  return undefined
}

function placeIn(container: unknown, field: string, create: boolean): Place | undefined {
  if (isDoc(container)) {
    return {
      read: () => container[field],
      write(value) {
        if (value === undefined) delete container[field]
        else container[field] = value
      },
    }
  }
  if (!Array.isArray(container) || !/^(0|[1-9]\d*)$/.test(field)) return undefined
  const position = Number(field)
  if (!create && position >= container.length) return undefined
  if (position - container.length > MAX_PADDING)
    throw new MongoError(2, `can't pad array by more than ${MAX_PADDING}`)
  return {
    read: () => container[position],
    write(value) {
      while (container.length < position) container.push(null)
      container[position] = value === undefined ? null : value
    },
  }
}
