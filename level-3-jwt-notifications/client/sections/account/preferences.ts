import { h } from '@levels/shared/client/dom.ts'
import type { App } from '../../app.ts'
import { alwaysOn, type Channel, channels, type Preferences } from '../../preferences.ts'
import { inWords, moment, notificationTypes } from '../../words.ts'

const names: Record<Channel, string> = { socket: 'page', push: 'push', email: 'mail' }
const HOUR_MS = 3_600_000
const pauses = { '1 hour': HOUR_MS, '8 hours': 8 * HOUR_MS, '1 week': 168 * HOUR_MS }

/** What makes itself noticed, and where: a table of types and channels, and quiet for a while. */
export function preferencesForm({ preferences, connection }: App): Node[] {
  const muted = h('p', { className: 'hint', attributes: { role: 'status' } })
  const error = h('p', { className: 'error', attributes: { role: 'alert' } })
  const body = h('tbody')
  const unmute = h('button', { className: 'btn small', type: 'button' }, 'End the quiet')
  const mutes = Object.entries(pauses).map(([words, ms]) =>
    h(
      'button',
      {
        className: 'btn small',
        type: 'button',
        onclick: () => mute(new Date(Date.now() + ms).toISOString()),
      },
      words,
    ),
  )

  function draw(): void {
    const { mutedUntil, off } = preferences.current
    const isMuted = mutedUntil !== null && Date.parse(mutedUntil) > Date.now()
    unmute.hidden = !isMuted
    muted.textContent = isMuted ? `Quiet until ${moment(mutedUntil)}.` : 'Be quiet for'
    for (const button of mutes) button.hidden = isMuted
    for (const box of body.querySelectorAll('input')) {
      const [channel, type] = box.name.split(' ')
      const types: string[] = off[channel as Channel]
      box.checked = !types.includes(type ?? '')
    }
  }

  async function save(change: Partial<Preferences>): Promise<void> {
    error.textContent = ''
    try {
      await preferences.save({ ...preferences.current, ...change })
    } catch (problem) {
      error.textContent = inWords(problem)
    }
    draw()
  }
  const mute = (mutedUntil: string | null) => save({ mutedUntil })
  unmute.onclick = () => mute(null)

  body.append(
    ...notificationTypes.map((type) =>
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, type),
        ...channels.map((channel) => {
          const box = h('input', {
            type: 'checkbox',
            name: `${channel} ${type}`,
            disabled: alwaysOn.includes(type),
          })
          box.setAttribute('aria-label', `${type} by ${names[channel]}`)
          box.onchange = () => {
            const { off } = preferences.current
            const others = off[channel].filter((one) => one !== type)
            save({ off: { ...off, [channel]: box.checked ? others : [...others, type] } })
          }
          return h('td', {}, h('label', {}, box))
        }),
      ),
    ),
  )
  const head = h(
    'tr',
    {},
    h('th', {}, 'Type'),
    ...channels.map((channel) => h('th', { scope: 'col' }, names[channel])),
  )
  connection.socket.on('session:ready', () => {
    preferences.load().then(draw, (problem) => {
      error.textContent = inWords(problem)
    })
  })
  draw()
  return [
    h(
      'p',
      { className: 'hint' },
      'Your log has everything all the same. What warns of strangers cannot be turned off.',
    ),
    h('div', { className: 'row' }, muted, ...mutes, unmute),
    h('div', { className: 'table' }, h('table', { className: 'wishes' }, h('thead', {}, head), body)),
    error,
  ]
}
