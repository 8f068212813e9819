/**
 * Redis's glob patterns, for PSUBSCRIBE and PUBSUB CHANNELS: `*` any run of bytes, `?` one byte, `[abc]`, `[a-z]`,
 * `[^a]` one byte of a set, `\` takes the next byte literally. Source: `stringmatchlen` in Redis's src/util.c,
 * whose odd cases are kept: an unclosed set ends with the pattern, a reversed range is turned round.
 *
 * Patterns and texts are strings of bytes (latin1), so channels need not be UTF-8.
 */
export type Matcher = (text: string) => boolean

type ByteTest = (byte: string) => boolean

/** Compiles a pattern. Matching takes at most pattern × text steps, however many stars there are. */
export function compileGlob(pattern: string): Matcher {
  const tokens = tokenize(pattern)
  return (text) => matches(tokens, text)
}

/** Walks both; on a mismatch goes back to the last star and lets it swallow one byte more. */
function matches(tokens: (ByteTest | '*')[], text: string): boolean {
  let token = 0
  let at = 0
  let lastStar = -1
  let swallowedUpTo = 0
  while (at < text.length) {
    const current = tokens[token]
    if (current === '*') {
      lastStar = token++
      swallowedUpTo = at
    } else if (current?.(text.charAt(at))) {
      token++
      at++
    } else if (lastStar !== -1) {
      token = lastStar + 1
      at = ++swallowedUpTo
    } else {
      return false
    }
  }
  return tokens.slice(token).every((rest) => rest === '*')
}

function tokenize(pattern: string): (ByteTest | '*')[] {
  const tokens: (ByteTest | '*')[] = []
  let at = 0
  while (at < pattern.length) {
    const byte = pattern.charAt(at++)
    if (byte === '*') {
      tokens.push('*')
    } else if (byte === '?') {
      tokens.push(() => true)
    } else if (byte === '[') {
      const set = readSet(pattern, at)
      tokens.push(set.test)
      at = set.end
    } else {
      const literal = byte === '\\' && at < pattern.length ? pattern.charAt(at++) : byte
      tokens.push((candidate) => candidate === literal)
    }
  }
  return tokens
}

/** Reads a set from behind its `[`; `end` is the position behind its `]`. */
function readSet(pattern: string, start: number): { test: ByteTest; end: number } {
  const negated = pattern.charAt(start) === '^'
  const ranges: [string, string][] = []
  let at = negated ? start + 1 : start
  while (at < pattern.length && pattern.charAt(at) !== ']') {
    if (pattern.charAt(at) === '\\' && at + 1 < pattern.length) {
      ranges.push([pattern.charAt(at + 1), pattern.charAt(at + 1)])
      at += 2
    } else if (pattern.charAt(at + 1) === '-' && at + 2 < pattern.length) {
      const [low, high] = [pattern.charAt(at), pattern.charAt(at + 2)].sort()
      ranges.push([low ?? '', high ?? ''])
      at += 3
    } else {
      ranges.push([pattern.charAt(at), pattern.charAt(at)])
      at += 1
    }
  }
  const test: ByteTest = (byte) => ranges.some(([low, high]) => low <= byte && byte <= high) !== negated
  return { test, end: at + 1 }
}
