/**
 * The parts of this level's README that the page shows beside itself. They come from `/lesson`, which is made of the
 * README: there is one source. Loaded when first asked for.
 */
export interface LessonParts {
  /** What stands below "Try it": its steps are the items of the first list. */
  tryIt: DocumentFragment
  /** The table below "Break it": what follows each button. */
  outcomes: Outcome[]
}

/** One row: the button, what one sees, and why. */
export interface Outcome {
  button: string
  see: HTMLElement
  why: HTMLElement
}

let loading: Promise<LessonParts> | undefined

/** Rejects when the server cannot be reached; the next call tries again. */
export function loadLesson(): Promise<LessonParts> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined
    throw error
  })
  return loading
}

async function load(): Promise<LessonParts> {
  const response = await fetch('/lesson')
  if (!response.ok) throw new Error(`The lesson cannot be loaded: status ${response.status}.`)
  return readLesson(new DOMParser().parseFromString(await response.text(), 'text/html'))
}

/** Whether this table says what follows each button. */
export function isOutcomes(table: HTMLTableElement): boolean {
  return table.querySelector('th')?.textContent === 'button'
}

function readLesson(page: Document): LessonParts {
  const tryIt = document.createDocumentFragment()
  let next = page.getElementById('try-it')?.nextElementSibling
  while (next && next.tagName !== 'H2') {
    const following = next.nextElementSibling
    tryIt.append(next)
    next = following
  }
  const outcomes = [...tryIt.querySelectorAll('table')]
    .filter(isOutcomes)
    .flatMap((table) => [...table.querySelectorAll('tbody tr')])
    .flatMap((row) => {
      const [button, see, why] = row.querySelectorAll('td')
      return button && see && why ? [{ button: button.textContent ?? '', see, why }] : []
    })
  return { tryIt, outcomes }
}
