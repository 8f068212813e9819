import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Reads `.env` in the root of the repository into the environment. What is set there already stays as it is.
 * Tests read none (`VITEST` is set for them): they set what they need, on every machine alike.
 *
 * @param {string} [file]
 */
export function readEnvFile(file = fileURLToPath(new URL('../../.env', import.meta.url))) {
  if (process.env.VITEST || !existsSync(file)) return
  process.loadEnvFile(file)
}
