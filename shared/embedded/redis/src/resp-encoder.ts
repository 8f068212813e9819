/**
 * Replies in RESP, the Redis serialization protocol, ready for the socket.
 *
 * Two versions are spoken: RESP2 (the default) and RESP3 (asked for with `HELLO 3`). They differ in how they
 * write "nothing", a map, and a message that nobody asked for.
 * Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
export type ProtocolVersion = 2 | 3

const CRLF = Buffer.from('\r\n')

export const OK = Buffer.from('+OK\r\n')

/** `+PONG`: a short text without line breaks. */
export function simpleString(text: string): Buffer {
  return Buffer.from(`+${text}\r\n`)
}

/** `-ERR …`: the message starts with its code. Bytes come as latin1; line breaks in them become spaces. */
export function error(message: string): Buffer {
  return Buffer.from(`-${message.replace(/[\r\n]/g, ' ')}\r\n`, 'latin1')
}

/** `:42` */
export function integer(value: number): Buffer {
  return Buffer.from(`:${value}\r\n`)
}

/** `$5\r\nhello`: any bytes at all, since their length goes ahead of them. */
export function bulkString(value: Buffer | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, CRLF])
}

/** The absent value: RESP3 has a sign for it, RESP2 uses a bulk string of length -1. */
export function absent(version: ProtocolVersion): Buffer {
  return Buffer.from(version === 3 ? '_\r\n' : '$-1\r\n')
}

/** A list of replies. */
export function array(items: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from(`*${items.length}\r\n`), ...items])
}

/** Keys and their replies: a map in RESP3, a flat list in RESP2. */
export function map(version: ProtocolVersion, entries: Record<string, Buffer>): Buffer {
  const items = Object.entries(entries).flatMap(([key, value]) => [bulkString(key), value])
  if (version === 2) return array(items)
  return Buffer.concat([Buffer.from(`%${items.length / 2}\r\n`), ...items])
}

/**
 * A message outside the order of commands and replies. RESP3 marks it, so a connection can subscribe and go on
 * sending commands; in RESP2 it looks like any list, which is why a RESP2 subscriber may do little else.
 */
export function push(version: ProtocolVersion, items: Buffer[]): Buffer {
  if (version === 2) return array(items)
  return Buffer.concat([Buffer.from(`>${items.length}\r\n`), ...items])
}
