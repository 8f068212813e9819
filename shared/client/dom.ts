type Properties<T extends keyof HTMLElementTagNameMap> = Partial<
  Omit<HTMLElementTagNameMap[T], 'style' | 'attributes'>
> & {
  /** Attributes that are no properties, such as `aria-label` and `data-state`. */
  attributes?: Record<string, string>
}

/**
 * Makes an element: `h('button', { className: 'btn', onclick: save }, 'Save')`. Strings become text, never HTML, so
 * what other people wrote cannot become a script.
 */
export function h<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  properties: Properties<T> = {},
  ...children: (Node | string | undefined)[]
): HTMLElementTagNameMap[T] {
  const { attributes = {}, ...rest } = properties
  const element = Object.assign(document.createElement(tag), rest)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children.filter((child) => child !== undefined))
  return element
}

/** The element with this id, as the type the page needs: `byId('log', HTMLOListElement)`. Throws when the HTML lacks it. */
export function byId<T extends Element>(id: string, type: abstract new (...args: never[]) => T): T {
  const element = document.getElementById(id)
  if (element instanceof type) return element
  throw new Error(`The page has no ${type.name} with the id "${id}"`)
}

/** The time of day to the millisecond, for logs: 14:03:07.042. */
export function clock(date = new Date()): string {
  return `${date.toLocaleTimeString('en-GB')}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

/** Makes a button put `text()` on the clipboard, and say so for a moment. */
export function copyOnClick(button: HTMLButtonElement, text: () => string): void {
  const label = button.textContent
  button.onclick = async () => {
    await copyText(text())
    button.textContent = 'Copied'
    setTimeout(() => {
      button.textContent = label
    }, 1_500)
  }
}

async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // On plain http from another machine the modern interface is absent, and a browser may refuse it. This one works.
    const area = h('textarea', { value: text })
    document.body.append(area)
    area.select()
    document.execCommand('copy')
    area.remove()
  }
}
