import { isClientName, NAME_PROBLEM } from './command-client.ts'
import type { Connection } from './connection.ts'
import { array, bulkString, error, integer, map } from './resp-encoder.ts'

/** The Redis whose publish/subscribe this one follows. */
const REDIS_VERSION = '7.4.0'

/** `HELLO [2|3 [SETNAME name]]`: which protocol version to speak. There are no passwords here, so no AUTH. */
export function hello(connection: Connection, args: Buffer[]): Buffer {
  const [wanted, ...options] = args.map(String)
  if (wanted !== undefined && !/^\d{1,9}$/.test(wanted)) {
    return error('ERR Protocol version is not an integer or out of range')
  }
  const version = wanted === undefined ? connection.version : Number(wanted)
  if (version !== 2 && version !== 3) return error('NOPROTO unsupported protocol version')

  const [option, name] = options
  if (option !== undefined) {
    if (option.toUpperCase() !== 'SETNAME' || name === undefined || options.length > 2) {
      return error(`ERR Syntax error in HELLO option '${option}'`)
    }
    if (!isClientName(name)) return error(NAME_PROBLEM)
    connection.name = name
  }
  connection.version = version
  return map(version, {
    server: bulkString('redis'),
    version: bulkString(REDIS_VERSION),
    proto: integer(version),
    id: integer(connection.id),
    mode: bulkString('standalone'),
    role: bulkString('master'),
    modules: array([]),
  })
}
