import { createECDH } from 'node:crypto'
import { type Models, readOrMakeSetting } from '@levels/3-jwt-notifications/src/doors.ts'
import { StartError } from '@levels/shared/server/config.ts'
import webPush from 'web-push'
import type { DeliverySettings, VapidSettings } from '../config.ts'

/** How long an authorization is used, in milliseconds. The package makes them for 12 h; RFC 8292 allows 24. */
const REUSE_MS = 3_600_000

/**
 * The key pair of this installation: from the environment, or, in development, made once and kept in the database.
 * Every subscription is bound to it, so a new pair at each start would cut off every browser.
 * Throws StartError when the two keys are not a pair.
 */
export async function loadVapidKeys(
  { Setting }: Pick<Models, 'Setting'>,
  settings: VapidSettings | undefined,
): Promise<VapidSettings> {
  if (!settings) {
    const make = () => JSON.stringify(webPush.generateVAPIDKeys())
    return JSON.parse(await readOrMakeSetting(Setting, 'vapidKeys', make))
  }
  if (publicKeyOf(settings.privateKey) === settings.publicKey) return settings
  throw new StartError(
    'VAPID_PUBLIC_KEY does not belong to VAPID_PRIVATE_KEY: set both to one pair from: npx web-push generate-vapid-keys',
  )
}

/**
 * The `Authorization` header for a push service (RFC 8292): a short-lived token that says who sends, made for that
 * service only, signed once an hour rather than with every message.
 */
export function createVapidAuthorization(
  { publicKey, privateKey }: VapidSettings,
  vapidSubject: DeliverySettings['vapidSubject'],
): (audience: string) => string {
  const made = new Map<string, { header: string; at: number }>()
  return (audience) => {
    const last = made.get(audience)
    if (last && Date.now() - last.at < REUSE_MS) return last.header
    const { Authorization: header } = webPush.getVapidHeaders(
      audience,
      vapidSubject,
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
    return undefined // outside the curve's range: nobody's key
  }
}
