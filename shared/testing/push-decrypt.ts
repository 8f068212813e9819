import { createDecipheriv, createECDH, type ECDH, hkdfSync, randomBytes } from 'node:crypto'

/**
 * What a browser keeps of its subscription, and how it reads a push message: RFC 8291 (keys) and RFC 8188 (the
 * `aes128gcm` format). The push service in the middle sees the encrypted bytes only.
 */
export interface ReceiverKeys {
  ecdh: ECDH
  authSecret: Buffer
}

/** The public halves, as a page sends them to its server (base64url). */
export interface SubscriptionKeys {
  p256dh: string
  auth: string
}

const SALT_BYTES = 16
const RECORD_SIZE_BYTES = 4
const TAG_BYTES = 16
/** Marks the end of the text in the last record; zeros may follow to hide how long the text is (RFC 8188 §2). */
const LAST_RECORD_DELIMITER = 2

export function makeReceiverKeys(): ReceiverKeys {
  const ecdh = createECDH('prime256v1')
  ecdh.generateKeys()
  return { ecdh, authSecret: randomBytes(16) }
}

export function publicKeysOf(keys: ReceiverKeys): SubscriptionKeys {
  return { p256dh: keys.ecdh.getPublicKey('base64url'), auth: keys.authSecret.toString('base64url') }
}

/** Decrypts the body of a push message; throws if it is malformed or not meant for these keys. */
export function decryptPush(body: Buffer, keys: ReceiverKeys): Buffer {
  const { salt, senderPublicKey, record } = parseHeader(body)

  // Both sides reach the same secret from their own private and the other's public key; a listener cannot.
  const sharedSecret = keys.ecdh.computeSecret(senderPublicKey)
  const keyInfo = Buffer.concat([Buffer.from('WebPush: info\0'), keys.ecdh.getPublicKey(), senderPublicKey])
  const inputKey = hkdf(sharedSecret, keys.authSecret, keyInfo, 32)
  const contentKey = hkdf(inputKey, salt, 'Content-Encoding: aes128gcm\0', 16)
  const nonce = hkdf(inputKey, salt, 'Content-Encoding: nonce\0', 12)

  const decipher = createDecipheriv('aes-128-gcm', contentKey, nonce)
  decipher.setAuthTag(record.subarray(-TAG_BYTES))
  const padded = Buffer.concat([decipher.update(record.subarray(0, -TAG_BYTES)), decipher.final()])
  return withoutPadding(padded)
}

/** Salt, record size, length of the sender's public key, that key, then the one record (RFC 8188 §2.1). */
function parseHeader(body: Buffer): { salt: Buffer; senderPublicKey: Buffer; record: Buffer } {
  const keyStart = SALT_BYTES + RECORD_SIZE_BYTES + 1
  if (body.length < keyStart) throw new Error('the header is cut off')
  const recordSize = body.readUInt32BE(SALT_BYTES)
  const keyEnd = keyStart + body.readUInt8(keyStart - 1)
  const record = body.subarray(keyEnd)
  if (record.length <= TAG_BYTES) throw new Error('the record is cut off')
  if (record.length > recordSize) throw new Error('a push message is one record only (RFC 8291, section 4)')
  return { salt: body.subarray(0, SALT_BYTES), senderPublicKey: body.subarray(keyStart, keyEnd), record }
}

function withoutPadding(padded: Buffer): Buffer {
  let end = padded.length - 1
  while (end >= 0 && padded[end] === 0) end--
  if (padded[end] !== LAST_RECORD_DELIMITER) throw new Error('the padding delimiter is missing')
  return padded.subarray(0, end)
}

function hkdf(inputKey: Buffer, salt: Buffer, info: string | Buffer, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', inputKey, salt, info, length))
}
