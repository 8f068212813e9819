import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningRedis, startRedis } from '../src/index.ts'
import { describeEachRedis } from './support/each-redis.ts'
import { command, connectRaw } from './support/raw-client.ts'

const RESP3 = command('HELLO', '3')
const LONG = 'x'.repeat(60)
const NAME_PROBLEM = '-ERR Client names cannot contain spaces, newlines or special characters.\r\n'
const ONLY = 'only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context\r\n'

/** Bytes sent, bytes expected. Each runs on a connection of its own. */
const TRANSCRIPTS: [name: string, sent: string, expected: string][] = [
  ['answers PING', command('PING'), '+PONG\r\n'],
  ['answers PING with a text', command('ping', 'a\r\nb'), '$4\r\na\r\nb\r\n'],
  ['answers ECHO', command('ECHO', '\x00\xff'), '$2\r\n\x00\xff\r\n'],
  ['answers pipelined commands in order', command('PING') + command('ECHO', 'x'), '+PONG\r\n$1\r\nx\r\n'],
  ['selects a database', command('SELECT', '15'), '+OK\r\n'],
  ['refuses a database that is not there', command('SELECT', '16'), '-ERR DB index is out of range\r\n'],
  ['refuses a database by name', command('SELECT', 'x'), '-ERR value is not an integer or out of range\r\n'],
  ['ignores an empty command', `*0\r\n*-1\r\n${command('PING')}`, '+PONG\r\n'],
  [
    'refuses an unknown command and quotes it',
    command('FOO', 'a', 'b\r\nc'),
    "-ERR unknown command 'FOO', with args beginning with: 'a' 'b  c' \r\n",
  ],
  [
    'quotes 128 bytes of an unknown command at most',
    command('foo', LONG, LONG, LONG, LONG),
    `-ERR unknown command 'foo', with args beginning with: '${LONG}' '${LONG}' 'xx' \r\n`,
  ],
  ['refuses PUBLISH without a payload', command('Publish', 'a'), wrongArity('publish')],
  ['refuses SUBSCRIBE without a channel', command('SUBSCRIBE'), wrongArity('subscribe')],
  ['refuses PING with two texts', command('PING', 'a', 'b'), wrongArity('ping')],
  ['refuses ECHO without a text', command('ECHO'), wrongArity('echo')],
  ['refuses an unknown protocol version', command('HELLO', '4'), '-NOPROTO unsupported protocol version\r\n'],
  [
    'refuses a protocol version that is no number',
    command('HELLO', 'x'),
    '-ERR Protocol version is not an integer or out of range\r\n',
  ],
  [
    'refuses an unknown HELLO option',
    command('HELLO', '3', 'NOPE'),
    "-ERR Syntax error in HELLO option 'NOPE'\r\n",
  ],
  ['refuses a name with a space in HELLO', command('HELLO', '3', 'SETNAME', 'a b'), NAME_PROBLEM],
  ['has no client name at first', command('CLIENT', 'GETNAME'), '$-1\r\n'],
  [
    'keeps the client name',
    command('CLIENT', 'SETNAME', 'app1') + command('CLIENT', 'GETNAME'),
    '+OK\r\n$4\r\napp1\r\n',
  ],
  ['refuses a client name with a space', command('CLIENT', 'SETNAME', 'a b'), NAME_PROBLEM],
  ['refuses CLIENT SETNAME without a name', command('CLIENT', 'SETNAME'), wrongArity('client|setname')],
  ['accepts CLIENT NO-EVICT', command('CLIENT', 'NO-EVICT', 'on'), '+OK\r\n'],
  ['refuses CLIENT NO-EVICT maybe', command('CLIENT', 'NO-EVICT', 'maybe'), '-ERR syntax error\r\n'],
  [
    'refuses an unknown CLIENT subcommand',
    command('CLIENT', 'NOPE'),
    "-ERR unknown subcommand 'NOPE'. Try CLIENT HELP.\r\n",
  ],
  ['refuses CLIENT alone', command('CLIENT'), wrongArity('client')],
  [
    'refuses an unknown PUBSUB subcommand',
    command('PUBSUB', 'NOPE'),
    "-ERR unknown subcommand 'NOPE'. Try PUBSUB HELP.\r\n",
  ],
  ['refuses PUBSUB NUMPAT with an argument', command('PUBSUB', 'NUMPAT', 'x'), wrongArity('pubsub|numpat')],
  [
    'counts no subscribers',
    command('PUBSUB', 'NUMSUB', 'a', '\xff'),
    '*4\r\n$1\r\na\r\n:0\r\n$1\r\n\xff\r\n:0\r\n',
  ],
  ['counts nothing', command('PUBSUB', 'NUMSUB'), '*0\r\n'],
  ['delivers to nobody', command('PUBLISH', 'a', 'x'), ':0\r\n'],
  [
    'confirms each channel, and each once',
    command('SUBSCRIBE', 'a', 'a', 'b'),
    confirmed('subscribe', 'a1 a1 b2'),
  ],
  [
    'counts channels and patterns together',
    command('SUBSCRIBE', 'a') + command('PSUBSCRIBE', 'p') + command('UNSUBSCRIBE', 'a', 'z'),
    confirmed('subscribe', 'a1') + confirmed('psubscribe', 'p2') + confirmed('unsubscribe', 'a1 z1'),
  ],
  [
    'leaves every channel, then every pattern, and takes all commands again',
    command('SUBSCRIBE', 'a') +
      command('PSUBSCRIBE', 'p') +
      command('UNSUBSCRIBE') +
      command('PUNSUBSCRIBE') +
      command('ECHO', 'x'),
    confirmed('subscribe', 'a1') +
      confirmed('psubscribe', 'p2') +
      confirmed('unsubscribe', 'a1') +
      `${confirmed('punsubscribe', 'p0')}$1\r\nx\r\n`,
  ],
  ['has nothing to leave', command('UNSUBSCRIBE'), '*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n'],
  [
    'keeps a RESP2 subscriber to a few commands',
    command('SUBSCRIBE', 'a') + command('PUBLISH', 'a', 'x') + command('PING') + command('PING', 'x'),
    `${confirmed('subscribe', 'a1')}-ERR Can't execute 'publish': ${ONLY}*2\r\n$4\r\npong\r\n$0\r\n\r\n*2\r\n$4\r\npong\r\n$1\r\nx\r\n`,
  ],
]

/** The same for RESP3: what follows the reply to HELLO 3. */
const RESP3_TRANSCRIPTS: [name: string, sent: string, expected: string][] = [
  ['says nothing as _', command('CLIENT', 'GETNAME'), '_\r\n'],
  [
    'marks what is not a reply with >',
    command('SUBSCRIBE', 'a'),
    '>3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n',
  ],
  ['has nothing to leave', command('PUNSUBSCRIBE'), '>3\r\n$12\r\npunsubscribe\r\n_\r\n:0\r\n'],
  [
    'lets a subscriber go on with any command',
    command('SUBSCRIBE', 'a') +
      command('PING') +
      command('PUBLISH', 'b', 'x') +
      command('PUBSUB', 'CHANNELS'),
    '>3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n+PONG\r\n:0\r\n*1\r\n$1\r\na\r\n',
  ],
]

const GARBAGE: [sent: string, expected: string][] = [
  ['*x\r\n', '-ERR Protocol error: invalid multibulk length\r\n'],
  ['*1\r\n:3\r\n', "-ERR Protocol error: expected '$', got ':'\r\n"],
  ['*1\r\n$-1\r\n', '-ERR Protocol error: invalid bulk length\r\n'],
  [`${command('PING')}*1\r\n$999999999999\r\n`, '+PONG\r\n-ERR Protocol error: invalid bulk length\r\n'],
]

function wrongArity(name: string): string {
  return `-ERR wrong number of arguments for '${name}' command\r\n`
}

/** `a1 b2` → the RESP2 confirmations of a (1 subscription then) and b (2). */
function confirmed(kind: string, subjects: string): string {
  const confirmations = subjects.split(' ').map(([name, count]) => `$1\r\n${name}\r\n:${count}\r\n`)
  return confirmations.map((confirmation) => `*3\r\n$${kind.length}\r\n${kind}\r\n${confirmation}`).join('')
}

describeEachRedis('the Redis protocol, byte for byte', (kind) => {
  let redis: RunningRedis
  beforeAll(async () => {
    redis = await startRedis({ kind })
  })
  afterAll(() => redis.close())

  test.each(TRANSCRIPTS)('%s', async (_name, sent, expected) => {
    const client = await connectRaw(redis.uri)
    expect(await client.exchange(sent + command('QUIT'))).toBe(`${expected}+OK\r\n`)
  })

  test.each(RESP3_TRANSCRIPTS)('RESP3 %s', async (_name, sent, expected) => {
    const client = await connectRaw(redis.uri)
    const hello = await client.exchange(RESP3, 'modules\r\n*0\r\n')
    expect(hello).toMatch(/^%7\r\n\$6\r\nserver\r\n\$5\r\nredis\r\n.*proto\r\n:3\r\n\$2\r\nid\r\n:\d+\r\n/s)
    expect(await client.exchange(sent + command('QUIT'))).toBe(`${expected}+OK\r\n`)
  })

  test.each(GARBAGE)('%j gets an error and the end of the connection', async (sent, expected) => {
    const client = await connectRaw(redis.uri)
    expect(await client.exchange(sent)).toBe(expected)
    await client.closed
  })

  test('a browser that is tricked into sending HTTP gets nowhere', async () => {
    const client = await connectRaw(redis.uri)
    expect(await client.exchange('POST / HTTP/1.1\r\nHost: x\r\n\r\n')).not.toContain('HTTP')
    await client.closed
  })

  test('connections have different ids', async () => {
    const first = await connectRaw(redis.uri)
    const second = await connectRaw(redis.uri)
    const ids = [await first.exchange(command('CLIENT', 'ID'), '\r\n')]
    ids.push(await second.exchange(command('CLIENT', 'ID'), '\r\n'))
    expect(ids[0]).toMatch(/^:\d+\r\n$/)
    expect(ids[1]).not.toBe(ids[0])
    first.socket.destroy()
    second.socket.destroy()
  })
})
