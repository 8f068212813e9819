import '../look/drawer.css'
import { copyOnClick, h } from '../dom.ts'
import { icon } from '../icons.ts'
import { isOutcomes, loadLesson } from './readme.ts'
import { createProgress, type Steps, watchPage } from './steps.ts'

const OPEN_KEY = 'lesson-open'

/**
 * Puts a button "Try it" into `header`, and a drawer with the numbered steps of the README beside the page. A step that
 * the page can recognise ticks itself, whether the drawer is open or not.
 */
export function mountLesson(header: HTMLElement, steps: Steps): void {
  const progress = createProgress(steps, sessionStorage, 'lesson')
  const count = h('span', { className: 'count' })
  const button = h(
    'button',
    {
      className: 'btn small',
      type: 'button',
      attributes: {
        'aria-expanded': 'false',
        'aria-controls': 'lesson-drawer',
        title: 'Try it: the steps of the lesson',
      },
    },
    h('span', { className: 'try-words' }, 'Try it '),
    count,
  )
  const said = h('p', { className: 'visually-hidden', attributes: { role: 'status' } })
  const content = h('div', {
    className: 'drawer-text',
    tabIndex: 0,
    attributes: { role: 'group', 'aria-label': 'Steps' },
  })
  const close = h(
    'button',
    { className: 'close', type: 'button', attributes: { 'aria-label': 'Close the lesson' } },
    icon('cross', 14),
  )
  const again = h('button', { className: 'btn small', type: 'button' }, 'Start again')
  const drawer = h(
    'aside',
    {
      id: 'lesson-drawer',
      className: 'drawer',
      hidden: true,
      attributes: { 'aria-labelledby': 'lesson-title' },
    },
    h('div', { className: 'head' }, h('h2', { id: 'lesson-title' }, 'Try it'), again, close),
    content,
    h('a', { href: '/lesson' }, 'The whole lesson'),
  )
  header.append(button, said)
  document.body.append(drawer)

  const items = () => content.querySelectorAll<HTMLElement>(':scope > ol > li')
  const draw = () => {
    const { done, of } = progress.counts()
    count.textContent = `${done}/${of}`
    items().forEach((item, index) => {
      item.dataset.step = !(index + 1 in steps) ? 'yours' : progress.isDone(index + 1) ? 'done' : 'open'
    })
  }
  const show = async (isOpen: boolean) => {
    drawer.hidden = !isOpen
    document.documentElement.classList.toggle('lesson-open', isOpen)
    button.setAttribute('aria-expanded', String(isOpen))
    sessionStorage.setItem(OPEN_KEY, isOpen ? 'yes' : '')
    if (!isOpen || content.childElementCount > 0) return
    try {
      const { tryIt } = await loadLesson()
      content.replaceChildren(tryIt.cloneNode(true))
      // What follows each button is to be predicted first (predict.ts).
      for (const table of content.querySelectorAll('table'))
        if (isOutcomes(table)) table.parentElement?.remove()
      for (const command of content.querySelectorAll<HTMLElement>('.command')) {
        const copy = h('button', { className: 'btn small', type: 'button' }, 'Copy')
        copyOnClick(copy, () => command.querySelector('code')?.textContent ?? '')
        command.append(copy)
      }
      draw()
    } catch (error) {
      content.textContent = error instanceof Error ? error.message : String(error)
    }
  }
  button.onclick = () => void show(drawer.hidden !== false)
  close.onclick = () => {
    void show(false)
    button.focus()
  }
  again.onclick = () => {
    progress.clear()
    draw()
  }

  watchPage((happening) => {
    const finished = progress.feed(happening)
    if (finished.length === 0) return
    draw()
    said.textContent = `Step ${finished.join(' and ')} is done.`
  })
  draw()
  if (sessionStorage.getItem(OPEN_KEY)) void show(true)
}
