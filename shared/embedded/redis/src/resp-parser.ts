/**
 * Commands out of a byte stream: `*2\r\n$7\r\npublish\r\n…` is a list of byte strings. The stream arrives in pieces
 * of any size, so the parser remembers where in a command it stopped.
 */

/** The peer does not speak RESP, or sends more than is allowed. There is no way to find the next command after it. */
export class ProtocolError extends Error {}

/** Longer than any command name, channel list or Socket.IO packet (1 MB by default), short enough to be held. */
export const MAX_COMMAND_BYTES = 16 * 1024 * 1024
const MAX_ARGUMENTS = 65_536
/** Before the login, as in Redis: a stranger must not make the server hold much. */
const MAX_STRANGER_BYTES = 16_384
const MAX_STRANGER_ARGUMENTS = 10

/** `*` or `$`, a number and the line end. */
const MAX_HEADER_BYTES = 32
const CARRIAGE_RETURN = 0x0d
const LINE_FEED = 0x0a

export class RespParser {
  #chunks: Buffer[] = []
  #buffered = 0
  /** Bytes without which another look at the buffer is pointless: a large payload is joined once, not per piece. */
  #needed = 1
  #arguments: Buffer[] = []
  #missingArguments = 0
  #commandBytes = 0
  /** Length of the argument whose bytes come next; undefined while its `$…` header is still to come. */
  #argumentLength: number | undefined
  readonly #isTrusted: () => boolean

  /** The limits depend on whether the peer has logged in, which is asked anew for each command. */
  constructor(isTrusted: () => boolean = () => true) {
    this.#isTrusted = isTrusted
  }

  /**
   * Takes the next piece of the stream and returns the commands that are now complete, each as its arguments
   * (name first, never empty). Throws ProtocolError, with Redis's own wording, on anything that is not a command.
   */
  *push(chunk: Buffer): Generator<Buffer[]> {
    this.#chunks.push(chunk)
    this.#buffered += chunk.length
    if (this.#buffered < this.#needed) return

    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks)
    for (;;) {
      const consumed = this.#step(rest)
      if (consumed === 0) break
      rest = rest.subarray(consumed)
      if (this.#missingArguments === 0 && this.#arguments.length > 0) yield this.#takeCommand()
    }
    this.#chunks = rest.length > 0 ? [rest] : []
    this.#buffered = rest.length
    this.#needed = this.#argumentLength === undefined ? rest.length + 1 : this.#argumentLength + 2
  }

  /** Reads one element (a header or an argument); returns the bytes it took, 0 if it is not complete yet. */
  #step(bytes: Buffer): number {
    if (this.#argumentLength !== undefined) return this.#readArgument(bytes, this.#argumentLength)
    return this.#missingArguments === 0 ? this.#readCommandHeader(bytes) : this.#readArgumentHeader(bytes)
  }

  #readCommandHeader(bytes: Buffer): number {
    const header = readHeader(bytes, '*', 'invalid multibulk length')
    if (!header) return 0
    if (header.value > MAX_ARGUMENTS) throw new ProtocolError('Protocol error: invalid multibulk length')
    if (header.value > MAX_STRANGER_ARGUMENTS && !this.#isTrusted())
      throw new ProtocolError('Protocol error: unauthenticated multibulk length')
    this.#missingArguments = Math.max(header.value, 0) // Redis ignores empty and negative lists
    this.#commandBytes = 0
    return header.size
  }

  #readArgumentHeader(bytes: Buffer): number {
    const header = readHeader(bytes, '$', 'invalid bulk length')
    if (!header) return 0
    this.#commandBytes += header.value
    if (header.value < 0 || this.#commandBytes > MAX_COMMAND_BYTES) {
      throw new ProtocolError('Protocol error: invalid bulk length')
    }
    if (header.value > MAX_STRANGER_BYTES && !this.#isTrusted())
      throw new ProtocolError('Protocol error: unauthenticated bulk length')
    this.#argumentLength = header.value
    return header.size
  }

  #readArgument(bytes: Buffer, length: number): number {
    if (bytes.length < length + 2) return 0
    if (bytes[length] !== CARRIAGE_RETURN || bytes[length + 1] !== LINE_FEED) {
      throw new ProtocolError('Protocol error: expected CRLF after a bulk string')
    }
    this.#arguments.push(bytes.subarray(0, length))
    this.#missingArguments--
    this.#argumentLength = undefined
    return length + 2
  }

  #takeCommand(): Buffer[] {
    const command = this.#arguments
    this.#arguments = []
    return command
  }
}

/** `*3\r\n` → value 3, size 4; undefined while the line is not complete. */
function readHeader(
  bytes: Buffer,
  marker: string,
  problem: string,
): { value: number; size: number } | undefined {
  if (bytes.length === 0) return undefined
  if (bytes[0] !== marker.charCodeAt(0)) {
    const found = String.fromCharCode(bytes[0] ?? 0)
    throw new ProtocolError(`Protocol error: expected '${marker}', got '${found}'`)
  }
  const lineFeed = bytes.subarray(0, MAX_HEADER_BYTES).indexOf(LINE_FEED)
  if (lineFeed === -1 && bytes.length < MAX_HEADER_BYTES) return undefined
  const line = bytes.toString('latin1', 1, lineFeed)
  if (!/^-?\d{1,15}\r$/.test(line)) throw new ProtocolError(`Protocol error: ${problem}`)
  return { value: Number(line), size: lineFeed + 1 }
}
