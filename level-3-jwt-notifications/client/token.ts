/** What an access token says, as far as the page wants to know. */
export interface Claims {
  /** The user's id. */
  sub: string
  /** The device session. */
  sid: string
  /** When it was issued and when it expires, in seconds since 1970 (RFC 7519 section 4.1). */
  iat: number
  exp: number
}

/**
 * Reads a token's claims. Anyone who holds a JWT can read it, for its middle part is only encoded (RFC 7515); nobody
 * without the server's key can change it, which only the server can check.
 */
export function readClaims(token: string): Claims {
  const [, payload = ''] = token.split('.')
  const binary = atob(payload.replaceAll('-', '+').replaceAll('_', '/'))
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0))))
}

/** A text with every password and every key in it replaced, and every token cut. */
export function hideSecrets(text: string): string {
  return hideTokens(text).replace(/("(?:password|current|next|key|auth)":")[^"]+/g, '$1…')
}

/** A text with every JWT in it cut down to its first letters: whoever holds a whole one is whom it names. */
export function hideTokens(text: string): string {
  return text.replace(/\beyJ[\w-]*\.[\w-]+\.[\w-]*/g, 'eyJ…')
}
