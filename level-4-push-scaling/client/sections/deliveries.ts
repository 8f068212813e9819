import { type App, ago, inWords } from '@levels/3-jwt-notifications/client/index.ts'
import { byId, h } from '@levels/shared/client/dom.ts'
import { icon } from '@levels/shared/client/icons.ts'
import type { Delivery, DeliveryPage, DeliveryState } from '../../src/events.ts'
import { deliveryStats } from './stats.ts'

const states = ['pending', 'retrying', 'failed', 'sent', 'cancelled'] as const

const LOOK_EVERY_MS = 5_000

/** For admins: what is on its way, what is stuck, why, and a button to try again. */
export function mountDeliveries(app: App): void {
  const { api, user, signal } = app
  const section = byId('deliveries', HTMLElement)
  section.hidden = user.role !== 'admin'
  section.replaceChildren()
  if (section.hidden) return
  const title = h('h2', { id: 'deliveries-title' }, 'Deliveries')
  const tabs = h('div', { className: 'tabs', attributes: { role: 'group', 'aria-label': 'State' } })
  const list = h('ul', { className: 'lines' })
  const empty = h('p', { className: 'empty' })
  const error = h('p', { className: 'error', attributes: { role: 'alert' } })
  const more = h('button', { className: 'btn', type: 'button' }, 'Load more')
  const stats = deliveryStats(app)
  const moreLine = h('p', { className: 'more' }, more)
  let state: DeliveryState | undefined
  let nextBefore: string | null = null
  let isOnItsWay = true

  async function fetchPage(before?: string): Promise<DeliveryPage> {
    const query = new URLSearchParams({ limit: '20', ...(state && { state }), ...(before && { before }) })
    return (await api<DeliveryPage>('GET', `/api/admin/deliveries?${query}`)).data
  }

  async function act(work: () => Promise<unknown>): Promise<void> {
    error.textContent = ''
    try {
      await work()
    } catch (problem) {
      error.textContent = inWords(problem)
    }
  }

  async function load(): Promise<void> {
    const [page] = await Promise.all([fetchPage(), stats.load()])
    tabs.replaceChildren(
      tab(undefined, 'All'),
      ...states.map((one) => tab(one, label(one, page.counts[one]))),
    )
    list.replaceChildren(...page.items.map(toLine))
    show(page)
    isOnItsWay = Boolean(page.counts.pending || page.counts.retrying)
    empty.hidden = page.items.length > 0
    empty.textContent = state ? `None is ${state}.` : 'Nothing was pushed or mailed so far.'
  }

  function show({ nextBefore: next }: DeliveryPage): void {
    nextBefore = next
    moreLine.hidden = next === null
  }

  function tab(which: DeliveryState | undefined, text: string): HTMLElement {
    const button = h('button', { type: 'button' }, text)
    button.setAttribute('aria-pressed', String(which === state))
    button.onclick = () => {
      state = which
      act(load)
    }
    return button
  }

  function toLine({ id, channel, user: name, service, state: at, ...delivery }: Delivery): HTMLLIElement {
    const retry = h('button', { className: 'btn small', type: 'button' }, 'Try again')
    retry.setAttribute('aria-label', `Try again: ${channel} to ${name ?? 'a user who is gone'}`)
    retry.onclick = () =>
      act(async () => {
        await api('POST', `/api/admin/deliveries/${id}/retry`)
        await load()
      })
    const { attempts, lastError, nextAttemptAt, createdAt, test } = delivery
    const next =
      at === 'retrying' && nextAttemptAt
        ? ` · next at ${new Date(nextAttemptAt).toLocaleTimeString('en-GB')}`
        : ''
    return h(
      'li',
      {},
      h('span', { className: 'kind' }, icon(channel === 'email' ? 'mail' : 'bell')),
      h(
        'span',
        { className: 'grow' },
        `${test ? 'test ' : ''}${channel} to `,
        h('bdi', {}, name ?? 'a user who is gone'),
        h('span', { className: 'chip', attributes: { 'data-state': at } }, at),
        h(
          'small',
          {},
          `${service} · ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'} · ${ago(createdAt)}${next}`,
        ),
        lastError ? h('small', { className: 'error' }, lastError) : '',
      ),
      at === 'failed' || at === 'retrying' ? retry : '',
    )
  }

  more.onclick = () =>
    act(async () => {
      const page = await fetchPage(nextBefore ?? undefined)
      list.append(...page.items.map(toLine))
      show(page)
    })
  // As long as something is on its way, and nobody is busy here: reloading would throw away what "Load more" brought.
  const timer = setInterval(() => {
    const isIdle = !list.contains(document.activeElement) && list.children.length <= 20
    if (isOnItsWay && isIdle && document.visibilityState === 'visible') act(load)
  }, LOOK_EVERY_MS)
  signal.addEventListener('abort', () => clearInterval(timer))
  section.setAttribute('aria-labelledby', title.id)
  section.replaceChildren(
    h('div', { className: 'head' }, title, tabs),
    error,
    stats.element,
    empty,
    list,
    moreLine,
  )
  act(load)
}

function label(state: DeliveryState, number: number | undefined): string {
  return number ? `${state} ${number}` : state
}
