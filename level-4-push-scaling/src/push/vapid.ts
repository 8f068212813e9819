import { createECDH } from 'node:crypto'
import { StartError } from '@levels/shared/server/start-error.ts'
import webPush from 'web-push'

/** The key pair that tells push services who sends (VAPID, RFC 8292). */
export interface VapidKeys {
  /** An uncompressed P-256 point, base64url: what the page subscribes with. */
  publicKey: string
  privateKey: string
}

/** How long an authorization is used, in milliseconds: the package makes them for 12 h. */
const REUSE_MS = 3_600_000

/**
 * The key pair of this installation: the one given, or one made once and kept by `keep`. Every subscription is bound to
 * it: a new pair at each start would cut off every browser. Throws StartError when the two keys are not a pair.
 */
export async function loadVapidKeys(
  given: VapidKeys | undefined,
  keep: (name: string, make: () => string) => Promise<string>,
): Promise<VapidKeys> {
  if (!given) return JSON.parse(await keep('vapidKeys', () => JSON.stringify(webPush.generateVAPIDKeys())))
  if (publicKeyOf(given.privateKey) === given.publicKey) return given
  throw new StartError(
    'VAPID_PUBLIC_KEY does not belong to VAPID_PRIVATE_KEY: set both to one pair from: npx web-push generate-vapid-keys',
  )
}

/**
 * The `Authorization` header for a push service (RFC 8292): a short-lived token that says who sends, for that service only.
 */
export function createVapidAuthorization(
  { publicKey, privateKey }: VapidKeys,
  subject: string,
): (audience: string) => string {
  const made = new Map<string, { header: string; at: number }>()
  return (audience) => {
    const last = made.get(audience)
    if (last && Date.now() - last.at < REUSE_MS) return last.header
    const headers = webPush.getVapidHeaders(audience, subject, publicKey, privateKey, 'aes128gcm')
    made.set(audience, { header: headers.Authorization, at: Date.now() })
    return headers.Authorization
  }
}

function publicKeyOf(privateKey: string): string | undefined {
  const curve = createECDH('prime256v1')
  try {
    curve.setPrivateKey(privateKey, 'base64url')
    return curve.getPublicKey('base64url')
  } catch {
    return undefined // outside the curve's range: no key at all
  }
}
