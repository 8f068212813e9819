import { type Doc, doc, isDoc, ObjectId } from '../bson.ts'
import type { Collection } from '../collection.ts'
import type { StoredDoc } from '../collection-index.ts'
import { MongoError } from '../errors.ts'
import { compileStage, countOf } from '../pipeline.ts'
import { type Selection, select } from '../query.ts'
import { type Command, countField, documentField, documentsField, namespace } from './command.ts'

export const aggregate: Command = {
  fields: ['pipeline', 'cursor', 'allowDiskUse', 'bypassDocumentValidation'],
  run(command, { store, cursors }) {
    const ns = namespace(command)
    const pipeline = documentsField(command, 'pipeline')
    const cursor = documentField(command, 'cursor')
    if (!cursor)
      throw new MongoError(
        9,
        "The 'cursor' option is required, except for aggregate with the explain argument",
      )
    const stages = pipeline.map(compileStage)
    const { selection, used } = leadingQuery(pipeline)
    const collection = store.find(ns)
    const found = firstOfEach(collection, selection, pipeline[used]) ?? select(collection, selection)
    const selected = found.map(({ document }) => document)
    const documents = stages.slice(used).reduce((input, stage) => stage(input), selected)
    return cursors.start(ns, documents, countField(cursor, 'batchSize'))
  },
}

// $match, $sort, $skip and $limit at the beginning, in this order, are a find: indexes serve them.
function leadingQuery(pipeline: Doc[]): { selection: Selection; used: number } {
  const selection: Selection = {}
  let used = 0
  const take = (name: string) => {
    const stage = pipeline[used]
    if (!stage || !(name in stage)) return undefined
    used++
    return stage[name]
  }
  const filter = take('$match')
  const sort = take('$sort')
  if (isDoc(filter)) selection.filter = filter
  if (isDoc(sort)) selection.sort = sort
  const skip = take('$skip')
  if (skip !== undefined) selection.skip = countOf('$skip', skip)
  const limit = take('$limit')
  if (limit !== undefined) selection.limit = countOf('$limit', limit)
  return { selection, used }
}

/**
 * When what follows is a `$group` of nothing but `$first`, by a field whose values the filter lists, the first document of
 * each group is enough: a look into an index for each, as MongoDB does it, too (DISTINCT_SCAN), instead of reading all
 * of them. Undefined for any other query.
 */
function firstOfEach(
  collection: Collection | undefined,
  { filter, sort, skip, limit }: Selection,
  { $group: group }: Doc = {},
): StoredDoc[] | undefined {
  if (!collection || !filter || !isDoc(group) || skip !== undefined || limit !== undefined) return undefined
  const { _id, ...fields } = group
  if (typeof _id !== 'string') return undefined
  const field = _id.slice(1)
  const { $in: values, ...others } = isDoc(filter[field]) ? filter[field] : doc()
  if (_id !== `$${field}` || Object.keys(others).length > 0) return undefined
  if (!Array.isArray(values) || !values.every((value) => value instanceof ObjectId)) return undefined
  if (!Object.values(fields).every((one) => isDoc(one) && Object.keys(one).join() === '$first'))
    return undefined
  // Such an index knows of every document that its field is no array, which would be in several groups.
  const serves = [...collection.indexes.values()].some(
    ({ spec, fields: [first], multikey }) =>
      first?.name === field && !multikey && !spec.sparse && !spec.partialFilterExpression,
  )
  if (!serves) return undefined
  const distinct = new Map(values.map((value) => [value.toHexString(), value])).values()
  return Array.from(distinct, (value) =>
    select(collection, { filter: doc([...Object.entries(filter), [field, value]]), sort, limit: 1 }),
  ).flat()
}
