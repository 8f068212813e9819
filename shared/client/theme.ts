import { h } from './dom.ts'
import { icon } from './icons.ts'

const KEY = 'theme'

/** `?big` in the address makes everything larger, for a projector. */
function useTypeSizeOfAddress(): void {
  document.documentElement.classList.toggle('big', new URLSearchParams(location.search).has('big'))
}

/** Puts a button into `parent` that swaps light and dark. Until it is pressed, the system's choice holds. */
export function mountThemeButton(parent: HTMLElement): void {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const root = document.documentElement
  useTypeSizeOfAddress()
  root.style.colorScheme = localStorage.getItem(KEY) ?? ''
  const swap = () => {
    const isDark = root.style.colorScheme ? root.style.colorScheme === 'dark' : dark.matches
    root.style.colorScheme = isDark ? 'light' : 'dark'
    localStorage.setItem(KEY, root.style.colorScheme)
  }
  const attributes = { 'aria-label': 'Swap light and dark' }
  parent.append(h('button', { className: 'icon', type: 'button', onclick: swap, attributes }, icon('moon')))
}
