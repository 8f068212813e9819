import { BSONError } from 'bson'
import { saslContinue, saslStart } from '../auth.ts'
import { isDoc, toNumber } from '../bson.ts'
import { MongoError } from '../errors.ts'
import { LogError } from '../log.ts'
import type { Request } from '../wire.ts'
import { aggregate } from './aggregate.ts'
import { create, drop, dropDatabase, listCollections } from './collections.ts'
import { type Command, type Context, checkFields } from './command.ts'
import { count, distinct, find, getMore, killCursors } from './find.ts'
import { findAndModify } from './find-and-modify.ts'
import { buildInfo, endSessions, hello, ping } from './hello.ts'
import { createIndexes, dropIndexes, listIndexes } from './indexes.ts'
import { deleteCommand, insert, update } from './write.ts'

const COMMANDS = new Map<string, Command>(
  Object.entries({
    hello,
    isMaster: hello,
    ismaster: hello,
    ping,
    buildInfo,
    buildinfo: buildInfo,
    endSessions,
    saslStart,
    saslContinue,
    create,
    drop,
    dropDatabase,
    listCollections,
    createIndexes,
    listIndexes,
    dropIndexes,
    insert,
    update,
    delete: deleteCommand,
    find,
    getMore,
    killCursors,
    findAndModify,
    findandmodify: findAndModify,
    aggregate,
    distinct,
    count,
  }),
)

const COMMON_FIELDS =
  '$db lsid $clusterTime $readPreference readConcern writeConcern apiVersion apiStrict apiDeprecationErrors comment maxTimeMS'.split(
    ' ',
  )

/** Executes one command, step by step. Throws MongoError for whatever MongoDB would refuse, or this server does not cover. */
export function* dispatch({ command, legacy }: Request, context: Context): Generator<void, object> {
  const [name = ''] = Object.keys(command)
  const found = COMMANDS.get(name)
  if (legacy && found !== hello)
    throw new MongoError(
      352,
      `Unsupported OP_QUERY command: ${name}. The client driver may require an upgrade.`,
    )
  if (!found) throw new MongoError(59, `no such command: '${name}'`)
  if (!found.beforeLogin && !context.client.authenticated)
    throw new MongoError(13, `Command ${name} requires authentication`)
  if (command.txnNumber !== undefined || command.startTransaction !== undefined) {
    throw new MongoError(20, 'Transaction numbers are only allowed on a replica set member or mongos')
  }
  if (found !== hello) {
    checkFields(name, command, [name, ...COMMON_FIELDS, ...found.fields])
    checkConcerns(command.writeConcern, command.readConcern)
  }
  const reply = found.run(command, context)
  return { ...(Symbol.iterator in reply ? yield* reply : reply), ok: 1 }
}

// One server, no replicas: waiting for another one, or for a snapshot, could never be kept.
function checkConcerns(write: unknown, read: unknown): void {
  const w = isDoc(write) ? write.w : undefined
  if ((toNumber(w) ?? 0) > 1) throw new MongoError(2, "cannot use 'w' > 1 when a host is not replicated")
  if (typeof w === 'string' && w !== 'majority')
    throw new MongoError(79, `No write concern mode named '${w}' found`)
  const level = isDoc(read) ? read.level : undefined
  if (level !== undefined && !['local', 'available', 'majority'].includes(String(level))) {
    throw new MongoError(72, `read concern level ${level} is not supported on a standalone`)
  }
}

/** The reply for a failed command. */
export function errorReply(error: unknown): object {
  if (error instanceof MongoError) {
    return { ok: 0, errmsg: error.message, code: error.code, codeName: error.codeName, ...error.details }
  }
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof LogError) return { ok: 0, errmsg: message, code: 14031, codeName: 'OutOfDiskSpace' }
  if (error instanceof BSONError) return { ok: 0, errmsg: message, code: 2, codeName: 'BadValue' }
  return { ok: 0, errmsg: `embedded MongoDB: ${message}`, code: 1, codeName: 'InternalError' }
}
