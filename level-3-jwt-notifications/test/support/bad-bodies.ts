/** One of every JSON type, and what attackers of MongoDB and JavaScript send. */
const values: unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  '',
  'x'.repeat(60_000),
  [],
  ['a'],
  [[['a']]],
  {},
  { $ne: null },
  { $gt: '' },
  { $where: 'sleep(1000)' },
  { toString: 'x' },
  { length: 3 },
]
/** An id of the right form. */
export const id = 'a'.repeat(24)

/** A route or an event. */
export interface Target {
  route: string
  /** A request that would succeed. */
  valid: Record<string, unknown>
  /** Values of a field that are good after all. */
  fine?: Record<string, unknown[]>
}

/** The valid request with one field replaced, for each field and each value; and with a field nobody knows. */
export function badBodies({ valid, fine = {} }: Target): string[] {
  const replaced = Object.keys(valid).flatMap((field) =>
    values
      .filter((value) => !fine[field]?.some((good) => JSON.stringify(good) === JSON.stringify(value)))
      .map((value) => JSON.stringify({ ...valid, [field]: value })),
  )
  const inner = JSON.stringify(valid).slice(1, -1)
  const more = inner && `,${inner}`
  return [
    ...replaced,
    `{"unknown":1${more}}`,
    `{"__proto__":{"admin":true}${more}}`,
    `{"constructor":{"prototype":{"admin":true}}${more}}`,
    `{"$where":"1"${more}}`,
  ]
}
