import { randomBytes, scryptSync } from 'node:crypto'

const COST = { N: 2 ** 10, r: 8, p: 1 }

/** As `hashPassword` makes them, for a hundredth of the work: signing in is not what most tests are about. */
export function quickHash(password: string): string {
  const salt = randomBytes(16)
  const key = scryptSync(password, salt, 32, COST)
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64'), key.toString('base64')].join('$')
}
