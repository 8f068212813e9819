import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** A name server on 127.0.0.1 that knows one name, as docker's own knows those of its containers. */
export interface NameServer {
  port: number
  /** From now on the name leads to these IPv4 addresses; none: there is no such name. */
  setAddresses(...addresses: string[]): void
  close(): void
}

export async function startNameServer(...initial: string[]): Promise<NameServer> {
  let addresses = initial
  const socket = createSocket('udp4')
  socket.on('message', (query, { port, address }) => socket.send(answerTo(query, addresses), port, address))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    port: socket.address().port,
    setAddresses(...next) {
      addresses = next
    },
    close: () => socket.close(),
  }
}

const HEADER_BYTES = 12
const RESPONSE = 0x8180
const NO_SUCH_NAME = 0x8183

/** A DNS answer (RFC 1035 section 4.1): the header, the question again, and a record for each address. */
function answerTo(query: Buffer, addresses: string[]): Buffer {
  const header = Buffer.from(query.subarray(0, HEADER_BYTES))
  header.writeUInt16BE(addresses.length > 0 ? RESPONSE : NO_SUCH_NAME, 2)
  header.writeUInt16BE(addresses.length, 6)
  header.writeUInt32BE(0, 8)
  // The name (as in the question, at byte 12), type A, class IN, TTL 0, 4 bytes.
  const records = addresses.map((address) => [
    0xc0,
    HEADER_BYTES,
    0,
    1,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    4,
    ...address.split('.').map(Number),
  ])
  const question = query.subarray(HEADER_BYTES, query.indexOf(0, HEADER_BYTES) + 5)
  return Buffer.concat([header, question, Buffer.from(records.flat())])
}
