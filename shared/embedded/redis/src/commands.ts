import { hasArity, wrongArity } from './command-arity.ts'
import { clientCommand } from './command-client.ts'
import { auth, hello } from './command-hello.ts'
import { psubscribe, publish, pubsub, punsubscribe, subscribe, unsubscribe } from './command-pubsub.ts'
import type { Connection } from './connection.ts'
import { array, bulkString, error, OK, simpleString } from './resp-encoder.ts'
import type { Subscriptions } from './subscriptions.ts'

interface Command {
  arity: number
  /** May be sent before the login. */
  beforeLogin?: true
  /** A RESP2 subscriber may send these only: replies to others could be mistaken for messages. */
  whileSubscribed?: true
  /** Takes the arguments behind the name, returns the reply. */
  run(connection: Connection, args: Buffer[], subscriptions: Subscriptions): Buffer
}

/** All there is. Its users need publish/subscribe; whoever needs more than that needs Redis. */
const COMMANDS: Record<string, Command> = {
  hello: { arity: -1, beforeLogin: true, run: hello },
  auth: { arity: -2, beforeLogin: true, run: auth },
  client: { arity: -2, run: clientCommand },
  ping: { arity: -1, whileSubscribed: true, run: ping },
  echo: { arity: 2, run: (_connection, [text]) => bulkString(text ?? '') },
  select: { arity: 2, run: (_connection, [index]) => select(String(index)) },
  quit: { arity: -1, beforeLogin: true, whileSubscribed: true, run: quit },
  subscribe: { arity: -2, whileSubscribed: true, run: subscribe },
  unsubscribe: { arity: -1, whileSubscribed: true, run: unsubscribe },
  psubscribe: { arity: -2, whileSubscribed: true, run: psubscribe },
  punsubscribe: { arity: -1, whileSubscribed: true, run: punsubscribe },
  publish: { arity: 3, run: publish },
  pubsub: { arity: -2, run: pubsub },
}

/** Runs one command and returns its reply; what is not covered gets Redis's own error, never a made-up answer. */
export function runCommand(connection: Connection, command: Buffer[], subscriptions: Subscriptions): Buffer {
  const [sentName = '', ...shownArguments] = command.map((part) => part.toString('latin1', 0, 128))
  const name = sentName.toLowerCase()
  const found = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!found) return unknownCommand(sentName, shownArguments)
  if (!hasArity(found.arity, command.length)) return wrongArity(name)
  if (!connection.authenticated && !found.beforeLogin) return error('NOAUTH Authentication required.')
  if (connection.isRestricted && !found.whileSubscribed) {
    const allowed = '(P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET'
    return error(`ERR Can't execute '${name}': only ${allowed} are allowed in this context`)
  }
  return found.run(connection, command.slice(1), subscriptions)
}

/** As Redis words it: the first 128 bytes of what came with the name help to find the mistake. */
function unknownCommand(name: string, args: string[]): Buffer {
  let shown = ''
  for (const argument of args) {
    if (shown.length >= 128) break
    shown += `'${argument.slice(0, 128 - shown.length)}' `
  }
  return error(`ERR unknown command '${name}', with args beginning with: ${shown}`)
}

function ping(connection: Connection, args: Buffer[]): Buffer {
  const [text] = args
  if (args.length > 1) return wrongArity('ping')
  if (connection.isRestricted) return array([bulkString('pong'), bulkString(text ?? '')])
  return text ? bulkString(text) : simpleString('PONG')
}

/** Publish/subscribe has no databases: any of Redis's sixteen will do. */
function select(index: string): Buffer {
  if (!/^-?\d{1,9}$/.test(index)) return error('ERR value is not an integer or out of range')
  return Number(index) >= 0 && Number(index) < 16 ? OK : error('ERR DB index is out of range')
}

function quit(connection: Connection): Buffer {
  connection.closesAfterReply = true
  return OK
}
