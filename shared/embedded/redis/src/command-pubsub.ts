import { wrongArity } from './command-arity.ts'
import type { Connection } from './connection.ts'
import { absent, array, bulkString, error, integer, push } from './resp-encoder.ts'
import type { Subscriptions } from './subscriptions.ts'

export function subscribe(connection: Connection, channels: Buffer[], subscriptions: Subscriptions): Buffer {
  return confirmEach(connection, 'subscribe', channels, (channel) =>
    subscriptions.subscribe(connection, channel),
  )
}

export function psubscribe(connection: Connection, patterns: Buffer[], subscriptions: Subscriptions): Buffer {
  return confirmEach(connection, 'psubscribe', patterns, (pattern) =>
    subscriptions.subscribePattern(connection, pattern),
  )
}

/** Without arguments: from every channel. */
export function unsubscribe(connection: Connection, named: Buffer[], subscriptions: Subscriptions): Buffer {
  const channels = named.length > 0 ? named : toBytes(connection.channels)
  return confirmEach(connection, 'unsubscribe', channels, (channel) =>
    subscriptions.unsubscribe(connection, channel),
  )
}

/** Without arguments: from every pattern. */
export function punsubscribe(connection: Connection, named: Buffer[], subscriptions: Subscriptions): Buffer {
  const patterns = named.length > 0 ? named : toBytes(connection.patterns)
  return confirmEach(connection, 'punsubscribe', patterns, (pattern) =>
    subscriptions.unsubscribePattern(connection, pattern),
  )
}

/**
 * Does the work for each channel or pattern and confirms each one, with the number of subscriptions that the
 * connection then has. If there is none to confirm, one reply says so: each command needs one at least.
 */
function confirmEach(
  connection: Connection,
  kind: string,
  subjects: Buffer[],
  work: (subject: string) => void,
): Buffer {
  const confirm = (subject: Buffer) =>
    push(connection.version, [bulkString(kind), subject, integer(connection.subscriptionCount)])
  if (subjects.length === 0) return confirm(absent(connection.version))

  const confirmations: Buffer[] = []
  for (const subject of subjects) {
    work(subject.toString('latin1'))
    confirmations.push(confirm(bulkString(subject)))
  }
  return Buffer.concat(confirmations)
}

/** Takes a channel and a payload; replies how many received it. */
export function publish(_connection: Connection, args: Buffer[], subscriptions: Subscriptions): Buffer {
  const [channel = Buffer.alloc(0), payload = Buffer.alloc(0)] = args
  return integer(subscriptions.publish(channel, payload))
}

/** `PUBSUB CHANNELS [pattern] | NUMSUB [channel …] | NUMPAT`: who listens at this moment. */
export function pubsub(_connection: Connection, args: Buffer[], subscriptions: Subscriptions): Buffer {
  const [sentName = '', ...rest] = args.map((part) => part.toString('latin1'))
  const name = sentName.toLowerCase()
  if (name === 'channels') {
    if (rest.length > 1) {
      const problem = `unknown subcommand or wrong number of arguments for '${sentName}'`
      return error(`ERR ${problem}. Try PUBSUB HELP.`)
    }
    return array(toBytes(subscriptions.activeChannels(rest[0])).map(bulkString))
  }
  if (name === 'numsub') {
    const count = (channel: Buffer) => subscriptions.subscriberCount(channel.toString('latin1'))
    return array(args.slice(1).flatMap((channel) => [bulkString(channel), integer(count(channel))]))
  }
  if (name === 'numpat') {
    return rest.length > 0 ? wrongArity('pubsub|numpat') : integer(subscriptions.patternCount())
  }
  return error(`ERR unknown subcommand '${sentName}'. Try PUBSUB HELP.`)
}

function toBytes(names: Iterable<string>): Buffer[] {
  return Array.from(names, (name) => Buffer.from(name, 'latin1'))
}
