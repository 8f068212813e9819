import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import { readOrMakeSetting, type SessionModels } from './models.ts'

export interface Secrets {
  /** Signs access tokens. */
  accessTokenKey: KeyObject
  /** Derives a refresh token's successor. */
  refreshTokenKey: Buffer
}

/**
 * The keys of this installation, from `jwtSecret` (its UTF-8 bytes). Without one, in development, a secret is made
 * and kept in the database: a restart signs nobody out, and instances on one database accept each other's tokens.
 */
export async function loadSecrets(
  { Setting }: Pick<SessionModels, 'Setting'>,
  jwtSecret: string | undefined,
): Promise<Secrets> {
  const secret =
    jwtSecret ?? (await readOrMakeSetting(Setting, 'jwtSecret', () => randomBytes(48).toString('base64url')))
  return {
    accessTokenKey: createSecretKey(secret, 'utf8'),
    // One secret, one purpose: a key of its own, derived (HKDF, RFC 5869), so that neither use tells about the other.
    refreshTokenKey: Buffer.from(hkdfSync('sha256', secret, '', 'refresh token successor', 32)),
  }
}
