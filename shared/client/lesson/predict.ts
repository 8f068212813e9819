import { h } from '../dom.ts'
import { loadLesson, type Outcome } from './readme.ts'

/** How many answers there are to choose from. */
const ANSWERS = 3

/**
 * "Predict first": for each button three answers to choose from, before it is pressed. They are rows of the table in the
 * README: the button's own, and two of other buttons. `reveal` says how it went, once the button is pressed.
 */
export function mountPrediction(buttons: readonly string[]) {
  const chosen = new Map<string, string>()
  let outcomes: readonly Outcome[] = []
  const questions = h('div', { className: 'questions' })
  const element = h(
    'details',
    { className: 'predict' },
    h('summary', {}, 'Predict first: what will you see?'),
    questions,
  )
  element.ontoggle = async () => {
    if (!element.open || questions.childElementCount > 0) return
    try {
      outcomes = (await loadLesson()).outcomes
      questions.replaceChildren(...buttons.map(ask))
    } catch (error) {
      questions.textContent = error instanceof Error ? error.message : String(error)
    }
  }

  function ask(button: string): HTMLElement {
    const name = `predict ${button}`
    const answers = choose(button, outcomes).map(({ see }) => {
      const text = see.textContent ?? ''
      const radio = h('input', { type: 'radio', name, value: text, onchange: () => chosen.set(button, text) })
      return h('label', {}, radio, h('span', {}, ...copies(see)))
    })
    return h('fieldset', {}, h('legend', {}, button), ...answers)
  }

  return {
    element,
    /** What really happens, beside what was predicted; undefined when nothing was. */
    reveal(button: string): HTMLElement | undefined {
      const guess = chosen.get(button)
      const really = outcomes.find((outcome) => outcome.button === button)
      if (guess === undefined || !really) return undefined
      const isRight = guess === really.see.textContent
      return h(
        'span',
        { className: isRight ? 'really right' : 'really' },
        h('b', {}, isRight ? 'As you predicted: ' : `You predicted “${guess}”. What one sees: `),
        ...copies(really.see),
        h('span', { className: 'why' }, ' Why: ', ...copies(really.why)),
      )
    },
  }
}

/** The right answer among wrong ones, in an order that does not give it away and is the same each time. */
function choose(button: string, outcomes: readonly Outcome[]): Outcome[] {
  const right = outcomes.find((outcome) => outcome.button === button)
  if (!right) return []
  const texts = new Set([right.see.textContent])
  const wrong = rotate(outcomes, outcomes.indexOf(right) + 1).filter(({ see }) => {
    const isNew = !texts.has(see.textContent)
    texts.add(see.textContent)
    return isNew
  })
  return rotate([right, ...wrong.slice(0, ANSWERS - 1)], button.length % ANSWERS)
}

function rotate<T>(items: readonly T[], by: number): T[] {
  return [...items.slice(by), ...items.slice(0, by)]
}

function copies(cell: HTMLElement): Node[] {
  return [...cell.childNodes].map((node) => document.importNode(node, true))
}
