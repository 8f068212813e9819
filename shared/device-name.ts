/** Browsers name their ancestors too, so the order matters: Edge says "Chrome" and "Safari" as well. */
const browsers: [RegExp, string][] = [
  [/\bEdg(e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Chrome|CriOS|HeadlessChrome)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]

const systems: [RegExp, string][] = [
  [/\bAndroid\b/, 'Android'],
  [/\b(iPhone|iPad)\b/, 'iOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

const LONGEST = 40

/**
 * What a person calls the device behind a `User-Agent` header: "Firefox on Windows", or just the program's name.
 * The header is a stranger's text that a user reads, in a page or in a mail: nothing in it that could pass for a link or
 * a sentence is kept.
 */
export function deviceName(userAgent: string): string {
  const find = (known: [RegExp, string][]) => known.find(([pattern]) => pattern.test(userAgent))?.[1]
  const browser = find(browsers)
  const system = find(systems)
  if (browser) return system ? `${browser} on ${system}` : browser
  const program = /^[a-z][a-z0-9-]*/i.exec(userAgent)?.[0].slice(0, LONGEST)
  return program ?? 'An unknown device'
}
