/**
 * Brings the part of the page with this id into view, opens it if it is closed, and puts the focus there. What was not
 * there yet when the page was loaded (`/#devices` from a mail) no browser finds by itself. Returns whether it exists.
 */
export function goTo(id: string): boolean {
  const place = id === '' ? null : document.getElementById(id)
  if (!place) return false
  if (place instanceof HTMLDetailsElement) place.open = true
  place.scrollIntoView()
  focusOn(place)
  return true
}

/** After signing in by hand: the top of the page, with the focus where the keyboard goes on. */
export function goToTop(first: HTMLElement): void {
  window.scrollTo(0, 0)
  focusOn(first)
}

function focusOn(place: HTMLElement): void {
  const heading = place.querySelector<HTMLElement>('summary, h2')
  if (heading?.tagName === 'H2') heading.tabIndex = -1
  heading?.focus({ preventScroll: true })
}
