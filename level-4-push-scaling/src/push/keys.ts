import { ECDH } from 'node:crypto'
import * as z from 'zod'

/** base64url; browsers leave out the padding, some libraries do not. */
const base64url = z
  .string()
  .max(100)
  .regex(/^[\w-]+=*$/, 'must be base64url')
  .transform((text) => text.replace(/=+$/, ''))

/** A browser's public key: a point of P-256, uncompressed, so 65 bytes (RFC 8291 section 3.1). */
const p256dh = base64url.refine((text) => {
  const point = Buffer.from(text, 'base64url')
  return point.length === 65 && point[0] === 4 && isOnCurve(point)
}, 'must be a public key: an uncompressed point of P-256')

/** 16 random bytes that the browser shares with us (RFC 8291 section 3.2). */
const auth = base64url.refine((text) => Buffer.from(text, 'base64url').length === 16, 'must be 16 bytes')

/** What `JSON.stringify(subscription)` gives in a browser; that may grow, so unknown fields are left out. */
export const pushSubscription = z.object({
  endpoint: z.string().min(1).max(2_048),
  keys: z.object({ p256dh, auth }),
})
export type BrowserSubscription = z.output<typeof pushSubscription>

/** A point off the curve is no key, and deriving a secret with one could give ours away. */
function isOnCurve(point: Buffer): boolean {
  try {
    ECDH.convertKey(point, 'prime256v1', undefined, undefined, 'uncompressed')
    return true
  } catch {
    return false
  }
}
