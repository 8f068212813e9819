/** What the service worker gets to show. */
export interface PushContent {
  id: string
  seq: number
  type: string
  title: string
  message: string
  /** Where a click leads: a path of this site, or https. */
  url: string
  /** How many notifications the user has not read, this one included. */
  unread: number
}

/** 4,096 for the encrypted body (RFC 8030 section 7.2) less header 86, tag 16 and padding delimiter 1 (RFC 8188). */
export const MAX_PAYLOAD_BYTES = 3_993

/** A link longer than this leaves too little room for words; the page it is on has it in full. */
const MAX_URL_BYTES = 1_500

const characters = new Intl.Segmenter()

/**
 * The payload as JSON, at most 3,993 bytes of UTF-8. What is too long is shortened and ends in "…": the message
 * first, then the title, between characters as people see them, so that no emoji is cut in half.
 */
export function payloadOf(content: PushContent): string {
  const url = Buffer.byteLength(content.url) > MAX_URL_BYTES ? '/' : content.url
  const json = (title: string, message: string) => JSON.stringify({ ...content, url, title, message })
  const fits = (text: string) => Buffer.byteLength(text) <= MAX_PAYLOAD_BYTES

  const whole = json(content.title, content.message)
  if (fits(whole)) return whole
  const message = shorten(content.message, (text) => fits(json(content.title, text)))
  if (message !== undefined) return json(content.title, message)
  return json(shorten(content.title, (text) => fits(json(text, ''))) ?? '', '')
}

/** The longest beginning of `text` that fits with "…" after it; undefined when not even "…" does. */
function shorten(text: string, fits: (text: string) => boolean): string | undefined {
  const ends = Array.from(characters.segment(text), ({ index }) => index)
  const at = (count: number) => `${text.slice(0, ends[count] ?? text.length)}…`
  if (!fits('…')) return undefined
  let [fitting, tooMany] = [0, ends.length + 1]
  while (tooMany - fitting > 1) {
    const middle = Math.floor((fitting + tooMany) / 2)
    if (fits(at(middle))) fitting = middle
    else tooMany = middle
  }
  return at(fitting)
}
