/** `on`: connected. `waiting`: it is being worked on. `off`: nothing happens until somebody acts. */
export type PillState = 'on' | 'waiting' | 'off'

/**
 * The connection pill in the header, read out by screen readers when it changes. On a phone its text is hidden and the
 * colour of the dot alone would say nothing, so the words stay as its label.
 */
export function createPill(element: HTMLElement): (state: PillState, text: string) => void {
  element.setAttribute('role', 'status')
  return (state, text) => {
    element.dataset.state = state
    element.title = text
    const words = document.createElement('span')
    words.textContent = text
    element.replaceChildren(words)
  }
}
