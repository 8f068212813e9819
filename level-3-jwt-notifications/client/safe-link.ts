/**
 * The address to put into a link, or undefined when it must not become one: only a path of this site or https. What a
 * stranger wrote into `actionUrl` must never run here (`javascript:`) nor lead to a look-alike (`//evil`, `/\evil`).
 * The server checks it, too; a page that trusts one check has none.
 */
export function safeLink(url: unknown, base = location.origin): string | undefined {
  if (typeof url !== 'string' || !URL.canParse(url, base)) return undefined
  const parsed = new URL(url, base)
  const isOwnPath = url.startsWith('/') && parsed.origin === new URL(base).origin
  const isHttps = /^https:\/\//i.test(url) && parsed.protocol === 'https:' && parsed.username === ''
  return isOwnPath || isHttps ? parsed.href : undefined
}
