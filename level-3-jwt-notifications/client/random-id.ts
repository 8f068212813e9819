/** An id that nobody else makes: 128 random bits. (`crypto.randomUUID` is absent on plain http from another machine.) */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
