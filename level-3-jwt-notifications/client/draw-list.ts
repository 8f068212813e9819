/** Which item each line was made from: an item that is the same object needs no new line. */
const madeFrom = new WeakMap<Element, unknown>()

/**
 * Draws `items` into `list`, and changes only what is different: the other lines keep the focus and their place, and a
 * screen reader goes on reading them.
 */
export function drawList<T>(
  list: HTMLElement,
  items: readonly T[],
  keyOf: (item: T) => string,
  make: (item: T) => HTMLElement,
): void {
  const lines = new Map([...list.children].map((line) => [(line as HTMLElement).dataset.key, line]))
  const wanted = new Set(items.map(keyOf))
  for (const [key, line] of lines) if (!wanted.has(key ?? '')) removeKeepingFocus(line)

  let place = list.firstElementChild
  for (const item of items) {
    const old = lines.get(keyOf(item))
    const line = old && madeFrom.get(old) === item ? old : make(item)
    if (line !== old) {
      madeFrom.set(line, item)
      line.setAttribute('data-key', keyOf(item))
      if (old && old === place) place = line
      if (old) replaceKeepingFocus(old, line)
    }
    if (line === place) place = line.nextElementSibling
    else list.insertBefore(line, place)
  }
}

/** The button that was pressed is gone with its line; the one in its place gets the focus. */
function replaceKeepingFocus(old: Element, line: Element): void {
  const focusable = (inside: Element) => [...inside.querySelectorAll<HTMLElement>('button, a')]
  const focused = focusable(old).findIndex((element) => element.matches(':focus'))
  old.replaceWith(line)
  if (focused >= 0) focusable(line)[focused]?.focus()
}

function removeKeepingFocus(line: Element): void {
  const hadFocus = line.contains(document.activeElement)
  const neighbour = line.nextElementSibling ?? line.previousElementSibling
  line.remove()
  if (hadFocus) neighbour?.querySelector<HTMLElement>('button')?.focus()
}
