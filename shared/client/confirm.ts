import { h } from './dom.ts'

export interface Question {
  title: string
  /** What happens, and whether it can be undone. */
  text: string
  /** The words on the button that does it. */
  action: string
  /** Further fields of the form, such as a password. */
  fields?: Node[]
  /** Does it. What it throws is shown by `inWords`, and the dialog stays. */
  run(): Promise<unknown>
  inWords(problem: unknown): string
}

/** Asks before something is gone for good. The dialog closes when it is done, on Cancel, and on Escape. */
export function ask({ title, text, action, fields = [], run, inWords }: Question): void {
  const heading = h('h2', { id: 'question' }, title)
  const error = h('p', { className: 'error', attributes: { role: 'alert' } })
  const yes = h('button', { className: 'btn danger', type: 'submit' }, action)
  const no = h('button', { className: 'btn', type: 'button' }, 'Cancel')
  const form = h(
    'form',
    {},
    heading,
    h('p', {}, text),
    ...fields,
    error,
    h('div', { className: 'row' }, no, yes),
  )
  const dialog = h(
    'dialog',
    { className: 'card question', attributes: { 'aria-labelledby': heading.id } },
    form,
  )

  no.onclick = () => dialog.close()
  dialog.onclose = () => dialog.remove()
  form.onsubmit = async (event) => {
    event.preventDefault()
    yes.disabled = true
    error.textContent = ''
    try {
      await run()
      dialog.close()
    } catch (problem) {
      error.textContent = inWords(problem)
    }
    yes.disabled = false
  }
  document.body.append(dialog)
  dialog.showModal()
}
