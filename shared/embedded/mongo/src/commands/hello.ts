import { type Client, MECHANISM, type Scram, startSasl, USER } from '../auth.ts'
import { isDoc, MAX_DOCUMENT_BYTES } from '../bson.ts'
import { MongoError } from '../errors.ts'
import { MAX_MESSAGE_BYTES } from '../wire.ts'
import type { Command } from './command.ts'

/**
 * A tenth of MongoDB's: drivers cut what is more into several commands, and reading one of these takes no longer than
 * others may be kept waiting.
 */
export const MAX_WRITE_BATCH = 10_000

/** The handshake: a standalone server (no `setName`) of MongoDB 7.0's protocol. */
export const hello: Command = {
  fields: [],
  beforeLogin: true,
  run: (command, { client, scram }) => ({
    helloOk: true,
    ...('hello' in command ? { isWritablePrimary: true } : { ismaster: true }),
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
    maxMessageSizeBytes: MAX_MESSAGE_BYTES,
    maxWriteBatchSize: MAX_WRITE_BATCH,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId: client.id,
    minWireVersion: 0,
    maxWireVersion: 21,
    readOnly: false,
    ...(command.saslSupportedMechs === `admin.${USER}` ? { saslSupportedMechs: [MECHANISM] } : {}),
    ...speculativeLogin(command.speculativeAuthenticate, client, scram),
  }),
}

// A login that fails here is no error of the handshake: the driver then tries once more, and is told.
function speculativeLogin(start: unknown, client: Client, scram: Scram): object {
  if (!isDoc(start) || start.db !== 'admin') return {}
  try {
    return { speculativeAuthenticate: startSasl(start, client, scram) }
  } catch (error) {
    if (error instanceof MongoError) return {}
    throw error
  }
}

export const ping: Command = { fields: [], beforeLogin: true, run: () => ({}) }

export const buildInfo: Command = {
  fields: [],
  beforeLogin: true,
  run: () => ({
    version: '7.0.0',
    versionArray: [7, 0, 0, 0],
    gitVersion: 'embedded MongoDB for development',
    modules: [],
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
    bits: 64,
    debug: false,
  }),
}

/** Sessions hold nothing here, so there is nothing to end. */
export const endSessions: Command = { fields: [], run: () => ({}) }
