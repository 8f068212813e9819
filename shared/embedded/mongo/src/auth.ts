import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'
import { Binary } from 'bson'
import { type Doc, isDoc, isTrue } from './bson.ts'
import type { Command } from './commands/command.ts'
import { MongoError } from './errors.ts'

/** The one user of an embedded MongoDB. */
export const USER = 'level'
export const MECHANISM = 'SCRAM-SHA-256'

/** The least that drivers accept. The password is 192 random bits: more rounds would protect nothing. */
const ITERATIONS = 4096

/** What a server keeps to check a password by SCRAM-SHA-256: https://www.rfc-editor.org/rfc/rfc5802 and 7677. */
export interface Scram {
  /** Answers the client's first message. Undefined: not a message of our user. */
  start(clientFirst: string): Conversation | undefined
}

interface Conversation {
  serverFirst: string
  /** Answers the client's proof with the server's. Undefined: wrong password. */
  finish(clientFinal: string): string | undefined
}

/** Takes a password of ASCII characters. */
export function createScram(password: string): Scram {
  const salt = randomBytes(16)
  let keys: { stored: Buffer; server: Buffer } | undefined
  const derive = () => {
    const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256')
    return { stored: hash(hmac(salted, 'Client Key')), server: hmac(salted, 'Server Key') }
  }
  return {
    start(clientFirst) {
      const [, header = '', bare = '', user, nonce] =
        /^([ny],,)(n=([^,]*),r=([^,]+))$/.exec(clientFirst) ?? []
      if (user !== USER) return undefined
      const bothNonces = nonce + randomBytes(18).toString('base64')
      const serverFirst = `r=${bothNonces},s=${salt.toString('base64')},i=${ITERATIONS}`
      const withoutProof = `c=${Buffer.from(header).toString('base64')},r=${bothNonces}`
      return {
        serverFirst,
        finish(clientFinal) {
          keys ??= derive()
          const message = `${bare},${serverFirst},${withoutProof}`
          const signature = hmac(keys.stored, message)
          const [said, proof = ''] = clientFinal.split(',p=')
          const clientKey = Buffer.from(proof, 'base64').map((byte, i) => byte ^ (signature[i] ?? 0))
          if (said !== withoutProof || !timingSafeEqual(hash(clientKey), keys.stored)) return undefined
          return `v=${hmac(keys.server, message).toString('base64')}`
        },
      }
    },
  }
}

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

/** One connection, and how far it has come in saying who it is. */
export interface Client {
  readonly id: number
  authenticated: boolean
  conversation?: (Conversation & { skipsEmptyExchange: boolean; proven?: true }) | undefined
}

/** The first step: also inside `hello`, which saves a round trip. Throws AuthenticationFailed (18). */
export function startSasl(command: Doc, client: Client, scram: Scram): object {
  if (command.mechanism !== MECHANISM)
    throw new MongoError(
      334,
      `Received authentication for mechanism ${command.mechanism} which is not enabled`,
    )
  const conversation = scram.start(textOf(command.payload))
  if (!conversation) throw failed(client)
  const skipsEmptyExchange = isDoc(command.options) && isTrue(command.options.skipEmptyExchange)
  client.conversation = { ...conversation, skipsEmptyExchange }
  return saslReply(false, conversation.serverFirst)
}

export const saslStart: Command = {
  fields: ['mechanism', 'payload', 'autoAuthorize', 'options'],
  beforeLogin: true,
  run(command, { client, scram }) {
    if (command.$db !== 'admin') throw failed(client)
    return startSasl(command, client, scram)
  },
}

export const saslContinue: Command = {
  fields: ['conversationId', 'payload'],
  beforeLogin: true,
  run(command, { client }) {
    const { conversation } = client
    if (!conversation) throw new MongoError(17, 'No SASL session state found')
    if (conversation.proven) return finishSasl(client, '')
    const serverFinal = conversation.finish(textOf(command.payload))
    if (serverFinal === undefined) throw failed(client)
    if (conversation.skipsEmptyExchange) return finishSasl(client, serverFinal)
    conversation.proven = true
    return saslReply(false, serverFinal)
  },
}

function finishSasl(client: Client, payload: string): object {
  client.authenticated = true
  client.conversation = undefined
  return saslReply(true, payload)
}

function failed(client: Client): MongoError {
  client.conversation = undefined
  return new MongoError(18, 'Authentication failed.')
}

const saslReply = (done: boolean, payload: string) => ({
  conversationId: 1,
  done,
  payload: new Binary(Buffer.from(payload)),
})

const textOf = (payload: unknown) =>
  payload instanceof Binary ? Buffer.from(payload.value()).toString() : String(payload)
