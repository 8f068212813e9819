import { h } from '../dom.ts'
import { listen } from '../tap.ts'

/** What of this page the picture has to know from its first moment on. */
export interface ThisPage {
  /** The ids that Socket.IO gave this page's connections, one after another; level 1 has none. */
  sockets: string[]
}

/** What happened longer ago is not drawn any more. */
const MAX_SOCKETS = 20

/**
 * Puts the button "Under the hood" into `header`. The picture is loaded when it is first opened: no page is heavier for
 * it. In development only: in production servers say nothing of what they do.
 */
export function mountHood(header: HTMLElement): void {
  const page: ThisPage = { sockets: [] }
  listen({
    frame(direction, data) {
      // The first packet of a connection, 40{"sid":"…"}.
      const [, sid] =
        (direction === 'in' && typeof data === 'string' && /^40\{"sid":"([^"]+)"/.exec(data)) || []
      if (sid !== undefined) page.sockets = [...page.sockets, sid].slice(-MAX_SOCKETS)
    },
  })
  const button = h(
    'button',
    { className: 'btn small', type: 'button', attributes: { 'aria-expanded': 'false' } },
    h('span', { className: 'hood-words' }, 'Under the '),
    'hood',
  )
  let panel: Promise<{ toggle(): boolean }> | undefined
  button.onclick = async () => {
    panel ??= import('./panel.ts').then(({ createPanel }) =>
      createPanel(page, () => button.setAttribute('aria-expanded', 'false')),
    )
    const { toggle } = await panel
    button.setAttribute('aria-expanded', String(toggle()))
  }
  header.append(' ', button)
}
