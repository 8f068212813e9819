/** What a practice phone's push service can be told to answer. */
export const phoneAnswers = ['201', '410', '429', '500', 'nothing'] as const
export type PhoneAnswer = (typeof phoneAnswers)[number]

/** One message that reached the push service. */
export interface Received {
  at: string
  answer: PhoneAnswer
  headers: { ttl: number; urgency: string; topic: string | undefined; bytes: number }
  /** The claims of the VAPID token, as JSON. */
  vapid: string
  /** The first bytes of what came, in hexadecimal digits: nobody but the phone can read them. */
  encrypted: string
  /** What the phone made of it; absent when the push service did not take it. */
  text?: string
}

export interface PhoneState {
  answer: PhoneAnswer
  /** Newest first. */
  received: Received[]
}
