import { type App, inWords } from '@levels/3-jwt-notifications/client/index.ts'
import { byId, h } from '@levels/shared/client/dom.ts'
import type { PhoneAnswer, PhoneState, Received } from '../phone-shapes.ts'
import './practice-phone.css'

const LOOK_EVERY_MS = 1_000
const KEY = 'practice-phone'

const answers: [PhoneAnswer, string][] = [
  ['201', '201: taken'],
  ['410', '410: the device is gone'],
  ['429', '429: too many, try later (Retry-After)'],
  ['500', '500: the push service failed'],
  ['nothing', 'nothing at all'],
]

/** A device that lives on the server's machine: push from end to end, without a browser's push service or a network. */
export function mountPracticePhone({ api, user, signal }: App): void {
  const section = h('section', { className: 'card', id: 'practice-phone' })
  document.getElementById('practice-phone')?.remove()
  byId('push', HTMLElement).after(section)
  const title = h('h2', { id: 'phone-title' }, 'Practice phone')
  const hint = h('p', { className: 'hint', attributes: { role: 'status' } })
  const error = h('p', { className: 'error', attributes: { role: 'alert' } })
  const add = h('button', { className: 'btn push', type: 'button' }, 'Add a practice phone')
  const answer = h('select', {}, ...answers.map(([value, label]) => h('option', { value }, label)))
  const tell = h('label', { className: 'tell' }, 'Its push service answers ', answer)
  const screen = h('div', { className: 'screen', attributes: { role: 'img', 'aria-label': 'Locked screen' } })
  // It scrolls by itself, so the keyboard must reach it.
  const crossed = h('div', {
    className: 'crossed',
    tabIndex: 0,
    attributes: { role: 'group', 'aria-label': 'What crossed' },
  })
  const scene = h(
    'div',
    { className: 'phone-scene', hidden: true },
    h('div', { className: 'phone' }, screen),
    crossed,
  )
  const key = `${KEY} ${user.id}`
  let id = sessionStorage.getItem(key)
  let last = ''

  async function act(work: () => Promise<void>): Promise<void> {
    error.textContent = ''
    try {
      await work()
    } catch (problem) {
      error.textContent = inWords(problem)
    }
  }

  async function look(): Promise<void> {
    tell.hidden = scene.hidden = id === null
    hint.textContent =
      id === null
        ? 'A device on the server’s machine, with its own push service: closed browsers without a network.'
        : 'Subscribed like any browser. What nobody has seen within seconds comes to its locked screen: hide this page, or send from another one.'
    if (id === null) return
    // Not over api(): it would fill the wire. The id is the secret.
    const response = await fetch(`/api/dev/phones/${id}`).catch(() => undefined)
    if (response?.status === 404) {
      sessionStorage.removeItem(key)
      id = null
      return look()
    }
    if (!response?.ok) return // the server is away, and comes back
    const data: PhoneState = await response.json()
    const state = JSON.stringify(data)
    if (state === last) return
    last = state
    answer.value = data.answer
    draw(data.received)
  }

  function draw(received: readonly Received[]): void {
    const arrived = received.filter(({ text }) => text !== undefined)
    screen.replaceChildren(
      h('time', {}, new Date().toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })),
      ...(arrived.length > 0 ? arrived.slice(0, 3).map(toBanner) : [h('p', {}, 'No notifications')]),
    )
    const [newest] = received
    crossed.replaceChildren(
      ...(newest ? [describe(newest)] : [h('p', { className: 'empty' }, 'Nothing was pushed yet.')]),
    )
  }

  add.onclick = () =>
    act(async () => {
      const { publicKey } = (await api<{ publicKey: string }>('GET', '/api/push/public-key')).data
      const made = await api<{ id: string; subscription: object }>('POST', '/api/dev/phones', {
        body: { publicKey },
      })
      await api('POST', '/api/push/subscriptions', { body: made.data.subscription })
      id = made.data.id
      sessionStorage.setItem(key, id)
      await look()
    })
  answer.onchange = () =>
    act(async () => void (await api('PUT', `/api/dev/phones/${id}`, { body: { answer: answer.value } })))
  const timer = setInterval(() => {
    if (id !== null) act(look)
  }, LOOK_EVERY_MS)
  signal.addEventListener('abort', () => clearInterval(timer))
  section.setAttribute('aria-labelledby', title.id)
  section.append(h('div', { className: 'head' }, title, add), hint, error, tell, scene)
  act(look)
}

function toBanner({ text = '{}', headers }: Received): HTMLElement {
  const { title, message, id } = JSON.parse(text) as { title: string; message: string; id: string }
  return h(
    'div',
    { className: 'banner' },
    h('b', {}, title),
    h('span', {}, message),
    h('small', {}, `urgency ${headers.urgency} · tag ${id}`),
  )
}

/** What the push service saw: everything but the text. */
function describe({ answer, headers, vapid, encrypted, at }: Received): HTMLElement {
  const row = (name: string, text: string) => [h('dt', {}, name), h('dd', {}, h('pre', {}, text))]
  return h(
    'dl',
    { className: 'parts' },
    ...row('answered', `${answer} at ${new Date(at).toLocaleTimeString('en-GB')}`),
    ...row('headers', `TTL: ${headers.ttl}\nUrgency: ${headers.urgency}\nTopic: ${headers.topic ?? 'none'}`),
    ...row('VAPID token', JSON.stringify(JSON.parse(vapid || '{}'), undefined, 2)),
    ...row(`${headers.bytes} encrypted bytes`, encrypted),
  )
}
