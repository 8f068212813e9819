import { type Doc, isDoc } from '../bson.ts'
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
    const selected = select(store.find(ns), selection).map(({ document }) => document)
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
