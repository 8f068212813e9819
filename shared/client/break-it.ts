import { h } from './dom.ts'

/** A button that hurts. The same ones stand in the same place at each level; what follows differs, and that is the lesson. */
export interface BreakAction {
  label: string
  /** Does the damage, and says in a sentence what was done. Rejects when it could not. */
  run(): string | Promise<string>
}

/** Makes the "Break it" panel in `section`. */
export function mountBreakIt(section: HTMLElement, actions: readonly BreakAction[]): void {
  const title = h('h2', { id: 'break-title' }, 'Break it')
  const hint = h('p', { className: 'hint' }, 'What happens, and why, shows on the wire.')
  const outcome = h('p', { className: 'outcome', attributes: { role: 'status' } })
  const buttons = actions.map(({ label, run }) => {
    const button = h('button', { className: 'btn', type: 'button' }, label)
    button.onclick = async () => {
      button.disabled = true
      try {
        outcome.textContent = await run()
      } catch (error) {
        outcome.textContent = error instanceof Error ? error.message : String(error)
      }
      button.disabled = false
    }
    return button
  })
  section.classList.add('card', 'break')
  section.setAttribute('role', 'group')
  section.setAttribute('aria-labelledby', title.id)
  section.append(title, hint, h('div', { className: 'row' }, ...buttons), outcome)
}
