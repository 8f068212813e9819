import { h } from './dom.ts'
import { mountPrediction } from './lesson/predict.ts'

/** A button that hurts. The same ones stand in the same place at each level; what follows differs, and that is the lesson. */
export interface BreakAction {
  label: string
  /** Does the damage, and says in a sentence what was done. Rejects when it could not. */
  run(): string | Promise<string>
}

/** Makes the "Break it" panel in `section`. Before each button one can predict what will follow. */
export function mountBreakIt(section: HTMLElement, actions: readonly BreakAction[]): void {
  const title = h('h2', { id: 'break-title' }, 'Break it')
  const hint = h('p', { className: 'hint' }, 'What happens, and why, shows on the wire.')
  const outcome = h('p', { className: 'outcome', attributes: { role: 'status' } })
  const buttons = actions.map(({ label, run }) => {
    const button = h('button', { className: 'btn', type: 'button' }, label)
    button.onclick = async () => {
      button.disabled = true
      const really = prediction.reveal(label)
      try {
        outcome.textContent = await run()
      } catch (error) {
        outcome.textContent = error instanceof Error ? error.message : String(error)
      }
      if (really) outcome.append(really)
      button.disabled = false
    }
    return button
  })
  const prediction = mountPrediction(actions.map(({ label }) => label))
  section.classList.add('card', 'break')
  section.setAttribute('role', 'group')
  section.setAttribute('aria-labelledby', title.id)
  section.append(title, hint, prediction.element, h('div', { className: 'row' }, ...buttons), outcome)
}
