import { h } from './dom.ts'
import { icon } from './icons.ts'

const KEY = 'theme'
/** Of `:root.big` in look/base.css. */
const BIG = 1.4

/** `?big` in the address makes everything larger, for a projector. */
function useTypeSizeOfAddress(): void {
  if (!new URLSearchParams(location.search).has('big')) return
  document.documentElement.classList.add('big')
  growMediaRules()
  document.addEventListener('load', growMediaRules, { capture: true }) // of styles that are loaded later
}

const grown = new WeakSet<CSSRule>()

/** Zoomed by a style, a page has less room than media rules think: as when the browser zooms, they have to apply sooner. */
function growMediaRules(): void {
  for (const { cssRules } of document.styleSheets) {
    for (const rule of cssRules) {
      if (!(rule instanceof CSSMediaRule) || grown.has(rule)) continue
      grown.add(rule)
      rule.media.mediaText = rule.media.mediaText.replace(/[\d.]+(?=px)/g, (px) => `${Number(px) * BIG}`)
    }
  }
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
