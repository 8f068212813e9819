import { MongoError, notCovered } from './errors.ts'

// Pieces of PCRE that JavaScript reads as something else, or not at all.
const NOT_IN_JAVASCRIPT = /\\[AZzGQEKRXCHhNVv]|\(\?[a-zA-Z#>|&+-]|\(\?P|\(\*|[*+?}]\+|\[\[:|\[\]/

/**
 * A PCRE pattern as a JavaScript regular expression. What the two read differently is refused; MongoDB's
 * code for a pattern that does not compile is 51091.
 */
export function compileRegex(pattern: string, options: string): RegExp {
  const unknown = /[^imsxu]/.exec(options)
  if (unknown) throw new MongoError(51108, `invalid flag in regex options: ${unknown[0]}`)
  if (options.includes('x')) throw notCovered('The regular expression option x')
  if (NOT_IN_JAVASCRIPT.test(pattern)) throw notCovered(`The regular expression ${pattern}`)
  // Outside letters and digits PCRE allows a backslash before any character, JavaScript's u flag does not.
  const portable = pattern.replace(
    /\\([^\w^$\\.*+?()[\]{}|/])/gs,
    (_, c: string) => `\\u{${c.codePointAt(0)?.toString(16)}}`,
  )
  const flags = [...new Set(`${options.replace('u', '')}u`)].join('')
  try {
    return new RegExp(portable, flags)
  } catch (error) {
    throw new MongoError(
      51091,
      `Regular expression is invalid: ${error instanceof Error ? error.message : error}`,
    )
  }
}
