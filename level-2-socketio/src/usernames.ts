import { LIMITS } from './events.ts'
import { Refusal } from './refusal.ts'

const { min, max } = LIMITS.username

/** Letters with their marks, digits, `_` and `-`, of any script. No spaces, no punctuation, no invisible characters. */
const ALLOWED = /^[\p{L}\p{M}\p{N}_-]+$/u

/**
 * A username as it will be shown: in NFKC (Unicode Standard Annex 15), so that one name has one spelling.
 * Throws Refusal `username_missing` or `username_invalid`.
 */
export function parseUsername(value: unknown): string {
  if (value === undefined || value === null || value === '') {
    throw new Refusal('username_missing', 'Choose a username.')
  }
  const name = typeof value === 'string' ? value.normalize('NFKC') : ''
  const { length } = [...name] // code points: what people count, unlike UTF-16 units
  if (length < min || length > max || !ALLOWED.test(name) || usernameKey(name) === '') {
    throw new Refusal(
      'username_invalid',
      `A username has ${min} to ${max} letters, digits, _ or -, and no spaces.`,
    )
  }
  return name
}

/**
 * What two spellings of one name have in common. Close to NFKC_Casefold of the Unicode Standard (section 3.13, D147),
 * which JavaScript does not offer: upper case first makes `ß` and `ẞ` equal `ss`, lower case before that takes care of
 * `İ`, and characters that nobody can see (variation selectors, fillers) count for nothing.
 */
export function usernameKey(name: string): string {
  const visible = name.normalize('NFKC').replace(/\p{Default_Ignorable_Code_Point}/gu, '')
  return visible.toLowerCase().toUpperCase().toLowerCase().normalize('NFKC')
}
