import { hostnameOf } from './hosts.ts'
import { StartError } from './start-error.ts'

export { StartError }

/** The environment a level reads its settings from; `process.env` fits. */
export type Env = Readonly<Record<string, string | undefined>>

/** A setting as it stands in front of a command: POSIX shells, or PowerShell on Windows. */
export function setting(name: string, value: string | number, platform = process.platform): string {
  return platform === 'win32' ? `$env:${name}='${value}';` : `${name}=${value}`
}

/** What every level can be told. */
export interface CommonConfig {
  host: string
  port: number
  /** Further origins, besides the page's own, whose pages may talk to this server. */
  allowedOrigins: string[]
  /** Further names, besides its own addresses, under which this server answers. */
  allowedHosts: string[]
  production: boolean
}

/** Reads the settings every level has. Throws StartError naming the variable and the cure. */
export function readCommonConfig(env: Env, defaultPort: number): CommonConfig {
  return {
    host: env.HOST || '127.0.0.1',
    port: readInteger(env, 'PORT', { fallback: defaultPort, min: 0, max: 65_535 }),
    allowedOrigins: readOrigins(env),
    allowedHosts: readHosts(env),
    production: env.NODE_ENV === 'production',
  }
}

/** A whole number within `min` and `max`. Throws StartError naming the variable when it is anything else. */
export function readInteger(
  env: Env,
  name: string,
  { fallback, min, max }: { fallback: number; min: number; max: number },
): number {
  const text = env[name]
  if (text === undefined || text === '') return fallback
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw new StartError(
    `${name} must be a whole number from ${min} to ${max}, not "${text}": try ${setting(name, fallback)}`,
  )
}

/** How a setting is written, and what it is, for whoever wrote another thing. */
export interface TextRule {
  isRight(text: string): boolean
  /** With its article: `a Redis address`. */
  what: string
  example: string
  /** Why there must be one; absent or false: it can be left out. */
  needed?: string | false
}

/** The text in this variable; undefined when there is none. Throws StartError naming the variable and the cure, never the text. */
export function readText(env: Env, name: string, rule: TextRule): string | undefined {
  const { isRight, what, example, needed } = rule
  const text = env[name] || undefined
  if (text && !isRight(text)) throw new StartError(`${name} is not ${what}: write it like ${example}`)
  if (text || !needed) return text
  throw new StartError(`${name} is missing, and ${needed}: set it like ${example}`)
}

/** A URL with one of these protocols, and a host. */
export function isUrl(text: string, protocols: RegExp): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocols.test(protocol) && hostname !== ''
}

/** Yes or no. Throws StartError naming the variable when it is anything else. */
export function readFlag(env: Env, name: string, fallback: boolean): boolean {
  const text = env[name] || String(fallback)
  if (text === 'true' || text === 'false') return text === 'true'
  throw new StartError(`${name} must be true or false, not "${text}"`)
}

/**
 * Whether secrets must come from the environment: in production, unless `MAKE_SECRETS=true` allows to make them once and
 * keep them in the database, for a production build on one's own machine.
 */
export function mustBringSecrets(env: Env): boolean {
  return !readFlag(env, 'MAKE_SECRETS', env.NODE_ENV !== 'production')
}

/**
 * `ALLOWED_ORIGINS`: exact origins, comma-separated, each as a browser sends it (RFC 6454 section 7).
 * Throws StartError for anything that no browser would send, since such an entry could never match.
 */
function readOrigins(env: Env): string[] {
  return readList(env.ALLOWED_ORIGINS).map((entry) => {
    // A pattern parses as a host name, but origins are compared exactly.
    if (!entry.includes('*') && URL.canParse(entry) && new URL(entry).origin === entry) return entry
    throw new StartError(
      `ALLOWED_ORIGINS has "${entry}", which is not an origin: write scheme, host and port only, like https://app.example.com`,
    )
  })
}

/** `ALLOWED_HOSTS`: names or addresses without port, comma-separated. Throws StartError for anything else. */
function readHosts(env: Env): string[] {
  return readList(env.ALLOWED_HOSTS).map((entry) => {
    const name = entry.toLowerCase()
    if (!name.includes('*') && hostnameOf(name) === name) return name
    throw new StartError(
      `ALLOWED_HOSTS has "${entry}", which is not a host: write names only, without scheme and port, like laptop.local`,
    )
  })
}

/** The entries of a comma-separated list. */
export function readList(text = ''): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
}
