import { hasArity, wrongArity } from './command-arity.ts'
import type { Connection } from './connection.ts'
import { absent, bulkString, error, integer, OK } from './resp-encoder.ts'

export const NAME_PROBLEM = 'ERR Client names cannot contain spaces, newlines or special characters.'

/** Printable ASCII without the space; empty means "no name". */
export function isClientName(name: string): boolean {
  return /^[!-~]*$/.test(name)
}

/** Arity with both words, as Redis counts, and what to do with the arguments behind them. */
const SUBCOMMANDS: Record<string, { arity: number; run(connection: Connection, args: string[]): Buffer }> = {
  id: { arity: 2, run: (connection) => integer(connection.id) },
  getname: {
    arity: 2,
    run: (connection) => (connection.name ? bulkString(connection.name) : absent(connection.version)),
  },
  setname: { arity: 3, run: setName },
  setinfo: { arity: 4, run: (_connection, args) => setInfo(args) },
  'no-evict': { arity: 3, run: (_connection, args) => onOrOff(args) },
  'no-touch': { arity: 3, run: (_connection, args) => onOrOff(args) },
}

/** `CLIENT …`: what client libraries say of themselves when they connect. */
export function clientCommand(connection: Connection, args: Buffer[]): Buffer {
  const [sentName = '', ...rest] = args.map((part) => part.toString('latin1'))
  const name = sentName.toLowerCase()
  const found = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined
  if (!found) return error(`ERR unknown subcommand '${sentName}'. Try CLIENT HELP.`)
  if (!hasArity(found.arity, args.length + 1)) return wrongArity(`client|${name}`)
  return found.run(connection, rest)
}

function setName(connection: Connection, [name = '']: string[]): Buffer {
  if (!isClientName(name)) return error(NAME_PROBLEM)
  connection.name = name
  return OK
}

/** Name and version of the library: Redis shows them in CLIENT LIST, which is not covered here. */
function setInfo([attribute = '']: string[]): Buffer {
  const known = ['LIB-NAME', 'LIB-VER'].includes(attribute.toUpperCase())
  return known ? OK : error(`ERR Unrecognized option '${attribute}'`)
}

/** Eviction and key ages do not exist here, so both answers are kept by doing nothing. */
function onOrOff([value = '']: string[]): Buffer {
  return ['ON', 'OFF'].includes(value.toUpperCase()) ? OK : error('ERR syntax error')
}
