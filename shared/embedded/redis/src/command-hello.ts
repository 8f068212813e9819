import { isClientName, NAME_PROBLEM } from './command-client.ts'
import type { Connection } from './connection.ts'
import { array, bulkString, error, integer, map, OK } from './resp-encoder.ts'

/** The Redis whose publish/subscribe this one follows. */
const REDIS_VERSION = '7.4.0'

const WRONG_PASSWORD = error('WRONGPASS invalid username-password pair or user is disabled.')
const LOG_IN_FIRST = error(
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time',
)

/** `AUTH [user] password` */
export function auth(connection: Connection, args: Buffer[]): Buffer {
  const [first = '', second, ...more] = args.map(String)
  if (more.length > 0) return error('ERR syntax error')
  const right = second === undefined ? connection.logIn('default', first) : connection.logIn(first, second)
  return right ? OK : WRONG_PASSWORD
}

/** `HELLO [2|3 [AUTH user password] [SETNAME name]]`: which protocol version to speak, and who one is. */
export function hello(connection: Connection, args: Buffer[]): Buffer {
  const [wanted, ...options] = args.map(String)
  if (wanted !== undefined && !/^\d{1,9}$/.test(wanted)) {
    return error('ERR Protocol version is not an integer or out of range')
  }
  const version = wanted === undefined ? connection.version : Number(wanted)
  if (version !== 2 && version !== 3) return error('NOPROTO unsupported protocol version')

  let name: string | undefined
  while (options.length > 0) {
    const [option = '', first, second] = options
    if (option.toUpperCase() === 'AUTH' && second !== undefined) {
      if (!connection.logIn(first ?? '', second)) return WRONG_PASSWORD
      options.splice(0, 3)
    } else if (option.toUpperCase() === 'SETNAME' && first !== undefined) {
      name = first
      options.splice(0, 2)
    } else {
      return error(`ERR Syntax error in HELLO option '${option}'`)
    }
  }
  if (!connection.authenticated) return LOG_IN_FIRST
  if (name !== undefined) {
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
