import { listen } from '../tap.ts'

/** Something that the page saw happen, of which a step of the lesson may speak. */
export type Happening =
  | { what: 'sent' | 'received'; data: string }
  | { what: 'opened' }
  | { what: 'closed'; code: number }
  | { what: 'called'; call: string; status: number }
  | { what: 'pressed'; label: string }
  | { what: 'second window' }

/** Tells whether this is what the step speaks of. */
export type Sign = (happening: Happening) => boolean

/** When a step is done: all of its signs were seen, in this order or in any. */
export interface Step {
  signs: readonly Sign[]
  ordered: boolean
}

/** The steps that a page can recognise, by their number in the README's "Try it". */
export type Steps = Readonly<Record<number, Step>>

export const inOrder = (...signs: Sign[]): Step => ({ signs, ordered: true })
export const inAnyOrder = (...signs: Sign[]): Step => ({ signs, ordered: false })

/** A frame that this page sent or received, whose text contains `part` or matches it. */
export const sent =
  (part: string | RegExp): Sign =>
  (it) =>
    it.what === 'sent' && fits(it.data, part)
export const received =
  (part: string | RegExp): Sign =>
  (it) =>
    it.what === 'received' && fits(it.data, part)
export const opened: Sign = ({ what }) => what === 'opened'
/** Without a code: however the connection ended. */
export const closed =
  (code?: number): Sign =>
  (it) =>
    it.what === 'closed' && (code === undefined || it.code === code)
/** A request of this page that was answered: `called(/^POST \/api\/rooms$/)`. */
export const called =
  (call: string | RegExp, status = /^2/): Sign =>
  (it) =>
    it.what === 'called' && fits(it.call, call) && status.test(String(it.status))
/** A button of this page was pressed: `pressed('Disconnect')`. */
export const pressed =
  (label: string | RegExp): Sign =>
  (it) =>
    it.what === 'pressed' && (typeof label === 'string' ? it.label === label : label.test(it.label))
/** The same page was opened in another window or tab of this browser. */
export const secondWindow: Sign = ({ what }) => what === 'second window'

function fits(text: string, part: string | RegExp): boolean {
  return typeof part === 'string' ? text.includes(part) : part.test(text)
}

/**
 * Follows the steps of a lesson. Progress is kept for as long as the tab lives: a step may span a reload, as "stop the
 * server and start it again" does.
 */
export function createProgress(steps: Steps, store: Pick<Storage, 'getItem' | 'setItem'>, key: string) {
  // One bit for each sign that was seen.
  const seen: Record<string, number> = JSON.parse(store.getItem(key) ?? '{}')
  const all = ({ signs }: Step) => 2 ** signs.length - 1
  const isDone = (number: number) => {
    const step = steps[number]
    return step !== undefined && seen[number] === all(step)
  }
  return {
    isDone,
    /** The numbers of the steps that can tick, and of those that have. */
    counts: () => {
      const numbers = Object.keys(steps).map(Number)
      return { of: numbers.length, done: numbers.filter(isDone).length }
    },
    /** Returns the steps that are done by this and were not before. */
    feed(happening: Happening): number[] {
      const finished: number[] = []
      for (const [number, step] of Object.entries(steps)) {
        const before = seen[number] ?? 0
        if (before === all(step)) continue
        // In order: the first sign that is missing. Else: every one that fits.
        const next = step.ordered ? [Math.log2(before + 1)] : step.signs.keys()
        let after = before
        for (const index of next) if (step.signs[index]?.(happening)) after |= 1 << index
        if (after === before) continue
        seen[number] = after
        store.setItem(key, JSON.stringify(seen))
        if (after === all(step)) finished.push(Number(number))
      }
      return finished
    },
    clear() {
      for (const number of Object.keys(seen)) delete seen[number]
      store.setItem(key, '{}')
    },
  }
}

/** Calls `hear` with everything on this page that a step may speak of. */
export function watchPage(hear: (happening: Happening) => void): void {
  listen({
    open: () => hear({ what: 'opened' }),
    frame: (direction, data) =>
      hear({
        what: direction === 'out' ? 'sent' : 'received',
        data: typeof data === 'string' ? data : 'bytes',
      }),
    close: (code) => hear({ what: 'closed', code }),
    answered: ({ method, path, status }) => hear({ what: 'called', call: `${method} ${path}`, status }),
  })
  // In the capturing phase: a button that is replaced by what it does was still pressed.
  document.addEventListener(
    'click',
    ({ target }) => {
      const button = target instanceof Element ? target.closest('button') : undefined
      if (button) hear({ what: 'pressed', label: button.textContent?.trim() || (button.ariaLabel ?? '') })
    },
    { capture: true },
  )
  const windows = new BroadcastChannel('windows of this page')
  windows.onmessage = ({ data }) => {
    hear({ what: 'second window' })
    if (data === 'new here') windows.postMessage('here, too')
  }
  windows.postMessage('new here')
}
