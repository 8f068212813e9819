import type { Outcome } from '../deliveries/types.ts'

/** nodemailer's codes for what no later attempt cures: the account, or the settings. */
const OUR_FAULT = ['EAUTH', 'ENOAUTH', 'EOAUTH2', 'ECONFIG']

export interface MailVerdict {
  outcome: Outcome
  /** The server rejects us, not this mail: somebody has to look at the configuration. */
  misconfigured: boolean
}

/**
 * What an error of nodemailer means. SMTP servers say it themselves (RFC 5321 section 4.2.1): 5yz is a final no, 4yz
 * asks to come again; without an answer it is worth another try.
 */
export function judgeMailError(service: string, error: unknown): MailVerdict {
  const { code, responseCode } = error as { code?: string; responseCode?: number }
  // The text of an answer often repeats the address it is about.
  const what = responseCode ? `answered ${responseCode}` : (code ?? 'cannot be reached')
  const reason = `${service}: ${what}`
  const misconfigured = OUR_FAULT.includes(code ?? '')
  const final = misconfigured || (responseCode ?? 0) >= 500
  return { outcome: { kind: final ? 'failed' : 'retry', reason }, misconfigured }
}
