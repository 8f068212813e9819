import { createECDH } from 'node:crypto'
import webPush from 'web-push'
import { SettingsError } from '../channel.ts'

/** The key pair that tells push services who sends (VAPID, RFC 8292). */
export interface VapidKeys {
  /** An uncompressed P-256 point, base64url: what the page subscribes with. */
  publicKey: string
  privateKey: string
}

/** How long an authorization is used, in milliseconds. The package makes them for 12 h; RFC 8292 allows 24. */
const REUSE_MS = 3_600_000

/**
 * The key pair of this installation: the one given (from the environment), or, in development, one made once and kept by
 * `keep`. Every subscription is bound to it, so a new pair at each start would cut off every browser.
 * Throws SettingsError when the two keys are not a pair.
 */
export async function loadVapidKeys(
  given: VapidKeys | undefined,
  keep: (name: string, make: () => string) => Promise<string>,
): Promise<VapidKeys> {
  if (!given) return JSON.parse(await keep('vapidKeys', () => JSON.stringify(webPush.generateVAPIDKeys())))
  if (publicKeyOf(given.privateKey) === given.publicKey) return given
  throw new SettingsError(
    'VAPID_PUBLIC_KEY does not belong to VAPID_PRIVATE_KEY: set both to one pair from: npx web-push generate-vapid-keys',
  )
}

/**
 * The `Authorization` header for a push service (RFC 8292): a short-lived token that says who sends, made for that
 * service only, signed once an hour rather than with every message.
 */
export function createVapidAuthorization(
  { publicKey, privateKey }: VapidKeys,
  subject: string,
): (audience: string) => string {
  const made = new Map<string, { header: string; at: number }>()
  return (audience) => {
    const last = made.get(audience)
    if (last && Date.now() - last.at < REUSE_MS) return last.header
    const { Authorization: header } = webPush.getVapidHeaders(
      audience,
      subject,
      publicKey,
      privateKey,
      'aes128gcm',
    )
    made.set(audience, { header, at: Date.now() })
    return header
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
