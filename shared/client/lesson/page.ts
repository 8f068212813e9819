import '../look/lesson.css'
import { copyOnClick, h } from '../dom.ts'
import { mountThemeButton } from '../theme.ts'

// The page /lesson is the README, rendered by the server (shared/lesson). This adds what needs a script.

const theme = document.getElementById('theme')
if (theme) mountThemeButton(theme)

const contents = document.getElementById('contents')
contents?.append(
  h(
    'ol',
    {},
    ...[...document.querySelectorAll('article h2')].map((heading) =>
      h('li', {}, h('a', { href: `#${heading.id}` }, heading.textContent ?? '')),
    ),
  ),
)

for (const command of document.querySelectorAll<HTMLElement>('.command')) {
  const button = h('button', { className: 'btn small', type: 'button' }, 'Copy')
  copyOnClick(button, () => command.querySelector('code')?.textContent ?? '')
  command.append(button)
}

// From another machine of the room "localhost" leads nowhere.
for (const link of document.querySelectorAll<HTMLAnchorElement>('a[href^="http://localhost:"]'))
  link.hostname = location.hostname
