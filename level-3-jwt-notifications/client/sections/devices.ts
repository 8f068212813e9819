import { ask } from '@levels/shared/client/confirm.ts'
import { byId, h } from '@levels/shared/client/dom.ts'
import { icon } from '@levels/shared/client/icons.ts'
import { deviceName } from '@levels/shared/device-name.ts'
import type { DeviceSession } from '../../src/events.ts'
import type { App } from '../app.ts'
import { ago, inWords, moment } from '../words.ts'

/** Where the user is signed in, and the way to end it there. */
export function mountDevices({ api, session, connection, arrived, signal }: App): void {
  const section = byId('devices', HTMLElement)
  const title = h('h2', { id: 'devices-title' }, 'Your devices')
  const list = h('ul', { className: 'lines' })
  const others = h('button', { className: 'btn small push', type: 'button' }, 'Sign out all others')
  const error = h('p', { className: 'error', attributes: { role: 'alert' } })

  async function act(work: () => Promise<unknown>): Promise<void> {
    error.textContent = ''
    try {
      await work()
      const { items } = (await api<{ items: DeviceSession[] }>('GET', '/api/auth/sessions')).data
      others.hidden = items.length < 2
      list.replaceChildren(...items.map(toLine))
    } catch (problem) {
      if (session.user) error.textContent = inWords(problem)
    }
  }

  function toLine({ id, userAgent, ip, createdAt, lastUsedAt, current }: DeviceSession): HTMLLIElement {
    const name = deviceName(userAgent)
    const used = ago(lastUsedAt)
    const since = moment(createdAt)
    const signOut = h('button', { className: 'btn small', type: 'button' }, 'Sign out')
    signOut.setAttribute(
      'aria-label',
      `Sign out ${current ? 'this device' : `${name}, ${ip}, signed in ${since}`}`,
    )
    signOut.onclick = () =>
      current ? act(() => session.signOut()) : act(() => api('DELETE', `/api/auth/sessions/${id}`))
    return h(
      'li',
      {},
      h('span', { className: current ? 'kind accent' : 'kind' }, icon('device')),
      h(
        'span',
        { className: 'grow', title: userAgent },
        name,
        current ? h('span', { className: 'chip accent' }, 'this one') : '',
        h('small', {}, `signed in ${since} · last used ${used === 'now' ? 'just now' : used} · ${ip}`),
      ),
      signOut,
    )
  }

  const load = () => act(async () => undefined)
  others.onclick = () =>
    ask({
      title: 'Sign out all other devices?',
      text: 'Everything else that is signed in as you has to sign in again. This device stays.',
      action: 'Sign out the others',
      run: () => act(() => api('DELETE', '/api/auth/sessions')),
      inWords,
    })
  connection.socket.on('session:ready', load)
  arrived.on(({ type }) => {
    if (type === 'login.new') load()
  })
  // Signing in on another device tells this one nothing at level 3: look again whenever the user looks here.
  window.addEventListener('focus', load, { signal })
  section.setAttribute('aria-labelledby', title.id)
  section.replaceChildren(h('div', { className: 'head' }, title, others), list, error)
}
