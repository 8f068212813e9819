import { type Entry, MARKER } from './history.ts'

export interface Counts {
  sent: number
  acknowledged: number
  shown: number
  lost: number
  doubled: number
  phantom: number
  disordered: number
}

/** One notification on one page that is not as it should be. */
export interface Finding {
  kind: 'lost' | 'doubled' | 'phantom' | 'disordered'
  message: string
  page: string
  /** When it went wrong, in milliseconds since the history began; for a lost one, when it was acknowledged. */
  at: number
}

export interface Verdict {
  counts: Counts
  /** In the order of time. */
  findings: Finding[]
}

interface Sent {
  by: string
  to: readonly string[]
  /** Its place in what its sender sent: 0, 1, 2 … */
  place: number
  at: number
  acknowledgedAt?: number
}

interface Page {
  name: string
  of: string
  isOpen: boolean
  readyAt: number
  shown: Entry[]
}

/**
 * Counts what a history shows. Pure: the same history gives the same counts.
 *
 * - lost: acknowledged, and not shown by a page that is open at the end and belongs to someone it was for; of what was
 *   sent before that page was ready, one of that person's pages has to have shown it;
 * - doubled: shown twice in one page;
 * - phantom: shown and never sent, or shown to somebody it was not for;
 * - disordered: a page has it before another that its sender sent earlier; by its number in the log where it has one,
 *   for that is the order of the list that a person sees, else by arrival.
 *
 * `sent`, `acknowledged` and `shown` (by every page that had to) count notifications, the others count (notification, page) pairs.
 */
export function check(history: readonly Entry[]): Verdict {
  const { sent, pages } = read(history)
  const findings = [...pages.values()].flatMap((page) => [
    ...findLost(page, sent, pages),
    ...findDoubled(page),
    ...findPhantoms(page, sent),
    ...findDisordered(page, sent),
  ])
  const count = (kind: Finding['kind']) => findings.filter((finding) => finding.kind === kind).length
  const lost = new Set(findings.filter(({ kind }) => kind === 'lost').map(({ message }) => message))
  const seen = new Set([...pages.values()].flatMap((page) => page.shown.map(({ message = '' }) => message)))
  return {
    counts: {
      sent: sent.size,
      acknowledged: [...sent.values()].filter(({ acknowledgedAt }) => acknowledgedAt !== undefined).length,
      shown: [...seen].filter((message) => sent.has(message) && !lost.has(message)).length,
      lost: count('lost'),
      doubled: count('doubled'),
      phantom: count('phantom'),
      disordered: count('disordered'),
    },
    findings: findings.sort((a, b) => a.at - b.at),
  }
}

/**
 * Whether whatever was acknowledged was shown as it should be. What was not acknowledged is not promised; but where nothing
 * was acknowledged, nothing was kept.
 */
export function keepsWhatItAcknowledged(counts: Counts): boolean {
  const { acknowledged, lost, doubled, phantom, disordered } = counts
  return acknowledged > 0 && lost + doubled + phantom + disordered === 0
}

function read(history: readonly Entry[]): { sent: Map<string, Sent>; pages: Map<string, Page> } {
  const sent = new Map<string, Sent>()
  const pages = new Map<string, Page>()
  const placeOf = new Map<string, number>()
  for (const entry of history) {
    const { who, what, message = '' } = entry
    if (message.startsWith(MARKER)) continue
    const page = pages.get(who)
    if (what === 'opened')
      pages.set(who, { name: who, of: entry.of ?? who, isOpen: true, readyAt: Infinity, shown: [] })
    else if (what === 'ready' && page) page.readyAt = Math.min(page.readyAt, entry.at)
    else if (what === 'closed' && page) page.isOpen = false
    else if (what === 'shown') page?.shown.push(entry)
    else if (what === 'send' && !sent.has(message)) {
      // Sending the same once more, because no answer came, is still one notification.
      const place = placeOf.get(who) ?? 0
      placeOf.set(who, place + 1)
      sent.set(message, { by: who, to: entry.to ?? [], place, at: entry.at })
    } else if (what === 'acknowledged') {
      const known = sent.get(message)
      if (known) known.acknowledgedAt ??= entry.at
    }
  }
  return { sent, pages }
}

const isFor = ({ to }: Sent, { of }: Page) => to.includes('*') || to.includes(of)

function findLost(page: Page, sent: Map<string, Sent>, pages: Map<string, Page>): Finding[] {
  if (!page.isOpen) return []
  const texts = ({ shown }: Page) => shown.map(({ message }) => message)
  const here = new Set(texts(page))
  const anywhere = new Set([...pages.values()].filter(({ of }) => of === page.of).flatMap(texts))
  return [...sent].flatMap(([message, one]) => {
    const isThere = one.at >= page.readyAt ? here.has(message) : anywhere.has(message)
    const isLost = one.acknowledgedAt !== undefined && isFor(one, page) && !isThere
    return isLost ? [{ kind: 'lost', message, page: page.name, at: one.acknowledgedAt ?? 0 } as const] : []
  })
}

function findDoubled({ name, shown }: Page): Finding[] {
  const here = new Set<string>()
  const twice = new Map<string, Finding>()
  for (const { message = '', at } of shown) {
    if (here.has(message) && !twice.has(message)) {
      twice.set(message, { kind: 'doubled', message, page: name, at })
    }
    here.add(message)
  }
  return [...twice.values()]
}

function findPhantoms(page: Page, sent: Map<string, Sent>): Finding[] {
  return page.shown.flatMap(({ message = '', at }) => {
    const one = sent.get(message)
    return one && isFor(one, page) ? [] : [{ kind: 'phantom', message, page: page.name, at } as const]
  })
}

function findDisordered({ name, shown }: Page, sent: Map<string, Sent>): Finding[] {
  const first = new Map<string, Entry>()
  for (const entry of shown) {
    if (!first.has(entry.message ?? '')) first.set(entry.message ?? '', entry)
  }
  const listed = [...first.values()]
  if (listed.every(({ seq }) => seq !== undefined)) listed.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0))
  const furthest = new Map<string, number>()
  return listed.flatMap(({ message = '', at }) => {
    const one = sent.get(message)
    if (!one) return []
    const before = furthest.get(one.by) ?? -1
    furthest.set(one.by, Math.max(before, one.place))
    return one.place < before ? [{ kind: 'disordered', message, page: name, at } as const] : []
  })
}
