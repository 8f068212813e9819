import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

// Loaded into a server by cheap-passwords.ts. What is stored still says the real settings, so all servers of a test have
// to be started so.
const { scrypt } = crypto
/** @type {(...args: Parameters<typeof scrypt>) => void} */
const cheap = (password, salt, length, options, done) =>
  scrypt(password, salt, length, { ...options, N: 1_024, p: 1 }, done)
Object.assign(crypto, { scrypt: cheap })
syncBuiltinESMExports()
