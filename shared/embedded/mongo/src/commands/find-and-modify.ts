import { doc, isTrue } from '../bson.ts'
import { MongoError } from '../errors.ts'
import { compileProjection } from '../projection.ts'
import { select } from '../query.ts'
import { compileUpdate } from '../update.ts'
import { type Command, documentField, namespace } from './command.ts'
import { updateDocument, upsertDocument } from './write.ts'

export const findAndModify: Command = {
  fields: ['query', 'sort', 'remove', 'update', 'new', 'fields', 'upsert', 'bypassDocumentValidation'],
  run(command, { store }) {
    const ns = namespace(command)
    const filter = documentField(command, 'query') ?? doc()
    const project = compileProjection(documentField(command, 'fields'))
    const [remove, upsert, returnNew] = [command.remove, command.upsert, command.new].map(isTrue)
    const updater = command.update === undefined ? undefined : compileUpdate(command.update)
    if (remove && updater) throw new MongoError(9, 'Cannot specify both an update and remove=true')
    if (remove && (upsert || returnNew)) {
      throw new MongoError(9, `Cannot specify both ${upsert ? 'upsert' : 'new'}=true and remove=true`)
    }
    if (!remove && !updater) throw new MongoError(9, 'Either an update or remove=true must be specified')
    const collection = store.find(ns)
    const [found] = select(collection, { filter, sort: documentField(command, 'sort'), limit: 1 })
    if (found && collection) {
      const before = found.document
      if (updater) updateDocument(collection, found, updater)
      else collection.remove(found)
      const value = project(returnNew ? found.document : before)
      return { lastErrorObject: { n: 1, ...(updater ? { updatedExisting: true } : {}) }, value }
    }
    if (!upsert || !updater)
      return { lastErrorObject: { n: 0, ...(updater ? { updatedExisting: false } : {}) }, value: null }
    const inserted = upsertDocument(store.ensure(ns), filter, updater)
    return {
      lastErrorObject: { n: 1, updatedExisting: false, upserted: inserted._id },
      value: returnNew ? project(inserted) : null,
    }
  },
}
