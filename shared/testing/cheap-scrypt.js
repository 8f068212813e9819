import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

// Loaded into a server by cheap-passwords.ts. What is stored still says the real settings, so all servers of a test have
// to be started so.
const { scrypt } = crypto
/** @typedef {(error: Error | null, key: Buffer) => void} Callback */

/**
 * @param {crypto.BinaryLike} password
 * @param {crypto.BinaryLike} salt
 * @param {number} length
 * @param {[Callback] | [crypto.ScryptOptions, Callback]} rest the options may be left out
 */
function cheap(password, salt, length, ...rest) {
  const [options, done] = rest.length === 1 ? [{}, ...rest] : rest
  scrypt(password, salt, length, { ...options, N: 1_024, p: 1 }, done)
}

Object.assign(crypto, { scrypt: cheap })
syncBuiltinESMExports()
