import { parseName } from '@levels/shared/server/names.ts'
import { Refusal } from './refusal.ts'

/** The name in a handshake, as it will be shown. Throws Refusal `username_missing` or `username_invalid`. */
export function parseUsername(value: unknown): string {
  if (value === undefined || value === null || value === '') {
    throw new Refusal('username_missing', 'Choose a username.')
  }
  const parsed = parseName(typeof value === 'string' ? value : '')
  if (!parsed.ok) throw new Refusal('username_invalid', parsed.reason)
  return parsed.name
}
