import { MAX_DOCUMENT_BYTES } from '../bson.ts'
import { MAX_MESSAGE_BYTES } from '../wire.ts'
import type { Command } from './command.ts'

/** The handshake: a standalone server (no `setName`) of MongoDB 7.0's protocol. */
export const hello: Command = {
  fields: [],
  run: (command, { connectionId }) => ({
    helloOk: true,
    ...('hello' in command ? { isWritablePrimary: true } : { ismaster: true }),
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
    maxMessageSizeBytes: MAX_MESSAGE_BYTES,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId,
    minWireVersion: 0,
    maxWireVersion: 21,
    readOnly: false,
  }),
}

export const ping: Command = { fields: [], run: () => ({}) }

export const buildInfo: Command = {
  fields: [],
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
