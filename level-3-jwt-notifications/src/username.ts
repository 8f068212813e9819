/** 2 to 20 letters (with their marks), digits, `_` or `-`, of any script; counted in code points. */
export const USERNAME_PATTERN = /^[\p{L}\p{M}\p{N}_-]{2,20}$/u

/** Words that address someone in the API, so that nobody can be called so. */
const RESERVED = new Set(['me'])

/** The name as it is shown: NFKC makes look-alike forms (full-width, ligatures) one (Unicode Annex 15). */
export function normalizeUsername(text: string): string {
  return text.normalize('NFKC')
}

/** What makes a username unique: `Alice` and `alice` are one user. */
export function usernameKey(text: string): string {
  return normalizeUsername(text).toLowerCase()
}

export function isUsername(text: string): boolean {
  const name = normalizeUsername(text)
  return USERNAME_PATTERN.test(name) && !RESERVED.has(usernameKey(name))
}
