import type { Outcome } from '../channel.ts'

/** What a push service answered. */
export interface Answer {
  status: number
  /** The header, if there was one. */
  retryAfter?: string
  /** The beginning of the body: services say there what they dislike. */
  text: string
}

export interface Verdict {
  outcome: Outcome
  /** The browser has given this subscription up: it will never work again. */
  gone?: true
  /** The service rejects this server, not this message: somebody has to look at the configuration. */
  misconfigured?: true
}

/** What an answer means (RFC 8030 sections 5, 7.3 and 8.4, RFC 8292 section 4.2, RFC 6585 section 4). */
export function judge(service: string, { status, retryAfter, text }: Answer, now = Date.now()): Verdict {
  const said = printable(text)
  const reason = `${service} answered ${status}${said && `: ${said}`}`
  if (status >= 200 && status < 300) return { outcome: { kind: 'sent' } }
  if (status === 404 || status === 410) return { outcome: { kind: 'failed', reason }, gone: true }
  if ([400, 401, 403].includes(status)) return { outcome: { kind: 'failed', reason }, misconfigured: true }
  if (status === 408 || status === 429 || status >= 500) {
    return { outcome: { kind: 'retry', reason, afterMs: readRetryAfter(retryAfter, now) } }
  }
  // 413 among them, and redirects: a push service that moves tells the browser, not us.
  return { outcome: { kind: 'failed', reason } }
}

/** Seconds or an HTTP date (RFC 9110 section 10.2.3), as milliseconds from now. */
export function readRetryAfter(text: string | undefined, now = Date.now()): number | undefined {
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Number(text) * 1_000
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}

function printable(text: string): string {
  return text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 150)
}
