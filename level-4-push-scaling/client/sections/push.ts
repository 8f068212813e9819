import { type App, inWords, safeLink } from '@levels/3-jwt-notifications/client/index.ts'
import { byId, h } from '@levels/shared/client/dom.ts'
import { onPermissionChange, type Permission, readPermission, SubscribeFailed } from '../push/browser.ts'
import { createPush } from '../push/push.ts'
import { checkUpPanel } from './check-up.ts'
import { pushDevices } from './push-devices.ts'

const explanations: Record<Permission, string> = {
  ask: 'Notifications can reach you when no page is open. Your browser will ask whether you allow it.',
  allowed: 'You have allowed notifications. Turn push on to get them here when no page is open.',
  denied:
    'You have blocked notifications for this site, and a page must not ask again. To allow them: click the sign left of the address, find Notifications, choose Allow. This page notices by itself.',
  insecure: 'Push works only on https, or on localhost: open this page under one of them.',
  unsupported: 'This browser has no web push.',
}

/** Push on and off, each state of the permission explained, the browsers that get it, and the check-up. */
export function mountPush(app: App): void {
  const { session, signal } = app
  const push = createPush(app)
  const section = byId('push', HTMLElement)
  const title = h('h2', { id: 'push-title' }, 'Push')
  const state = h('span', { className: 'chip' })
  const text = h('p', { className: 'hint', attributes: { role: 'status' } })
  const error = h('p', { className: 'error', attributes: { role: 'alert' } })
  const turnOn = h('button', { className: 'btn primary', type: 'button' }, 'Turn on push')
  const turnOff = h('button', { className: 'btn', type: 'button' }, 'Turn off push')
  const devices = pushDevices(push)

  async function draw(): Promise<void> {
    const permission = readPermission()
    const at = await push.state()
    const isOn = at !== 'off'
    state.textContent = at === 'off' && permission === 'denied' ? 'blocked' : at
    state.className = at === 'on' ? 'chip accent' : 'chip'
    text.textContent =
      at === 'failing'
        ? 'Turned on in this browser, and the last push did not arrive: the list below says why. Press Check.'
        : isOn
          ? 'On in this browser. What you have not seen within seconds comes as a push, page or no page.'
          : explanations[permission]
    turnOn.hidden = isOn || (permission !== 'ask' && permission !== 'allowed')
    turnOff.hidden = !isOn
    await devices.draw()
  }

  async function act(work: () => Promise<void>): Promise<void> {
    error.textContent = ''
    turnOn.disabled = turnOff.disabled = true
    try {
      await work()
    } catch (problem) {
      error.textContent =
        problem instanceof SubscribeFailed
          ? `Your browser could not subscribe: ${problem.message}. Is there internet? Some browsers come without a push service, or with it switched off.`
          : inWords(problem)
    }
    turnOn.disabled = turnOff.disabled = false
    await draw().catch((problem) => {
      if (session.user) error.textContent = inWords(problem)
    })
  }

  turnOn.onclick = () => {
    // The very first thing: browsers ask only as long as they see the click that wanted it.
    const answer = Notification.requestPermission()
    act(async () => {
      if ((await answer) === 'granted') await push.turnOn()
    })
  }
  turnOff.onclick = () => act(push.turnOff)
  session.beforeSignOut(push.turnOff)
  onPermissionChange(() => act(push.resync), signal)
  navigator.serviceWorker?.addEventListener(
    'message',
    ({ data }) => {
      if (data?.type === 'push:subscription-changed') act(push.resync)
      if (data?.type === 'push:clicked') follow(data.url)
      if (data?.type === 'push:shown') devices.draw()
    },
    { signal },
  )
  section.setAttribute('aria-labelledby', title.id)
  section.replaceChildren(
    h('div', { className: 'head' }, title, state, h('span', { className: 'push row' }, turnOn, turnOff)),
    text,
    homeScreen(),
    error,
    devices.element,
    checkUpPanel(push, devices.draw),
  )
  act(push.resync)
}

/** A click on a push focused this page: go where the notification points, or to the centre. */
function follow(url: unknown): void {
  const target = safeLink(url)
  const { pathname, hash } = new URL(target ?? location.href)
  const section = document.getElementById(hash.slice(1)) ?? byId('centre', HTMLElement)
  if (target && pathname !== location.pathname) location.assign(target)
  else section.scrollIntoView({ behavior: 'smooth' })
}

/** On an iPhone or iPad only pages on the home screen have push (iOS 16.4 and later): how to get there. */
function homeScreen(): HTMLElement | string {
  const isThere = matchMedia('(display-mode: standalone)').matches
  if (isThere || readPermission() !== 'unsupported') return ''
  const steps = [
    'Open this page in Safari, under https.',
    'Tap Share, then “Add to Home Screen”, then Add.',
    'Open the page from its new icon, sign in, and turn push on here.',
  ]
  return h(
    'div',
    {},
    h('p', { className: 'hint' }, 'On an iPhone or iPad push works for pages on the home screen:'),
    h('ol', { className: 'steps-home' }, ...steps.map((step) => h('li', {}, step))),
  )
}
