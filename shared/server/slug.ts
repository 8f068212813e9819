import { randomBytes } from 'node:crypto'

const MAX_SLUG = 30

/**
 * A name as it stands in URLs: 1 to 30 of `a-z`, `0-9` and `-`. Accents fall away ("Café" → "cafe"); a name with
 * nothing of the kind in it (another script, say) gets a random one.
 */
export function toSlug(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_SLUG)
    .replace(/^-+|-+$/g, '')
  return slug || `room-${randomBytes(4).toString('hex')}`
}
