import { Decimal128 } from 'bson'
import { Double, double, isInt32, Long, toNumber } from './bson.ts'
import { MongoError, notCovered } from './errors.ts'
import { typeOf } from './values.ts'

const INT64 = 2n ** 63n

/** a + b as MongoDB adds: int grows to long, a double makes a double. Throws when a long overflows. */
export function addNumbers(a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number' && isInt32(a) && isInt32(b) && isInt32(a + b))
    return a + b
  if (a instanceof Decimal128 || b instanceof Decimal128) throw notCovered('Arithmetic with Decimal128')
  if (isDouble(a) || isDouble(b)) return double((toNumber(a) ?? 0) + (toNumber(b) ?? 0))
  const sum = toBigInt(a) + toBigInt(b)
  if (sum >= INT64 || sum < -INT64)
    throw new MongoError(2, 'Failed to apply $inc operations: the result is not a 64-bit integer')
  const small = !(a instanceof Long) && !(b instanceof Long) && isInt32(Number(sum))
  return small ? Number(sum) : Long.fromBigInt(sum)
}

const isDouble = (value: unknown) => value instanceof Double || typeOf(value)[0] === 'double'

const toBigInt = (value: unknown) => (value instanceof Long ? value.toBigInt() : BigInt(toNumber(value) ?? 0))
