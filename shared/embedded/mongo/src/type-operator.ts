import { toNumber } from './bson.ts'
import { MongoError } from './errors.ts'
import { typeOf } from './values.ts'

// https://www.mongodb.com/docs/manual/reference/bson-types/
const TYPE_NUMBERS: { [number: string]: string } = {
  '-1': 'minKey',
  1: 'double',
  2: 'string',
  3: 'object',
  4: 'array',
  5: 'binData',
  7: 'objectId',
  8: 'bool',
  9: 'date',
  10: 'null',
  11: 'regex',
  13: 'javascript',
  16: 'int',
  17: 'timestamp',
  18: 'long',
  19: 'decimal',
  127: 'maxKey',
}
const TYPE_NAMES = new Set([...Object.values(TYPE_NUMBERS), 'number'])

/** The test of `$type`: names, numbers, or several of them. */
export function ofType(operand: unknown): (value: unknown) => boolean {
  const wanted = new Set<string>()
  for (const type of Array.isArray(operand) ? operand : [operand]) {
    const name = TYPE_NUMBERS[String(toNumber(type))] ?? String(type)
    if (!TYPE_NAMES.has(name)) throw new MongoError(2, `Unknown type name alias: ${name}`)
    for (const one of name === 'number' ? ['int', 'long', 'double', 'decimal'] : [name]) wanted.add(one)
  }
  return (value) => value !== undefined && wanted.has(typeOf(value)[0])
}
