import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { HttpError } from '@levels/shared/server/respond.ts'

/** OWASP Password Storage Cheat Sheet's scrypt settings: 32 MiB and about 0.2 s a password. */
const COST = { N: 2 ** 15, r: 8, p: 3 }
const MAX_MEMORY = 2 * 128 * COST.N * COST.r // scrypt itself takes 128 * N * r bytes
const KEY_BYTES = 32
const SALT_BYTES = 16

/**
 * Hashing is work by design, so it is also a way to drown a server: at most as many at once as there are processors,
 * and a line that ends. Node does it on the 4 threads that files and DNS need, too: never take them all.
 */
const MAX_RUNNING = Math.min(availableParallelism(), 3)
const MAX_WAITING = 200

/** `scrypt$N$r$p$salt$key`: the settings travel with the hash, so that they can be raised later. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const key = await derive(password, salt, COST)
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64'), key.toString('base64')].join('$')
}

/**
 * Whether `password` is the one `stored` was made from. Without `stored` (an unknown user) it takes as long and says
 * no: the time of an answer must not tell which usernames exist.
 */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [, N, r, p, salt = '', expected = ''] = stored?.split('$') ?? []
  const cost = stored === undefined ? COST : { N: Number(N), r: Number(r), p: Number(p) }
  const key = await derive(password, Buffer.from(salt, 'base64'), cost)
  const wanted = Buffer.from(expected, 'base64')
  return wanted.length === key.length && timingSafeEqual(wanted, key)
}

let running = 0
const waiting: (() => void)[] = []

async function derive(password: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  if (running >= MAX_RUNNING) {
    if (waiting.length >= MAX_WAITING)
      throw new HttpError(503, 'busy', 'Too many sign-ins at once: try again.')
    await new Promise<void>((resolve) => waiting.push(resolve)) // whoever finishes hands its place over
  } else running++
  try {
    return await new Promise((resolve, reject) => {
      // NFKC: the same characters typed on another system may come as other code points (NIST SP 800-63B).
      scrypt(password.normalize('NFKC'), salt, KEY_BYTES, { ...cost, maxmem: MAX_MEMORY }, (error, key) =>
        error ? reject(error) : resolve(key),
      )
    })
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}
