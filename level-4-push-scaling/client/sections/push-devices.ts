import { ago, inWords } from '@levels/3-jwt-notifications/client/index.ts'
import { h } from '@levels/shared/client/dom.ts'
import { icon } from '@levels/shared/client/icons.ts'
import type { SavedSubscription } from '../../src/events.ts'
import { findSubscription } from '../push/browser.ts'
import type { Push } from '../push/push.ts'

const states: Record<string, string> = {
  pending: 'on its way',
  retrying: 'will be tried again',
  sent: 'accepted by the push service',
  failed: 'failed',
  cancelled: 'not needed: you had seen it',
}

/** The user's browsers that get push, and what became of the last message to each. */
export function pushDevices(push: Push): { element: HTMLElement; draw(): Promise<void> } {
  const list = h('ul', { className: 'lines' })
  const error = h('p', { className: 'error', attributes: { role: 'alert' } })
  const element = h(
    'div',
    { className: 'part', hidden: true },
    h('h3', {}, 'Browsers that get push'),
    list,
    error,
  )

  async function draw(): Promise<void> {
    const [saved, here] = await Promise.all([push.list(), findSubscription()])
    element.hidden = saved.length === 0
    list.replaceChildren(...saved.map((one) => toLine(one, one.endpoint === here?.endpoint)))
  }

  function toLine(
    { endpoint, service, createdAt, lastPush }: SavedSubscription,
    isHere: boolean,
  ): HTMLLIElement {
    const remove = h('button', { className: 'btn small', type: 'button' }, 'Remove')
    remove.setAttribute(
      'aria-label',
      `Remove ${isHere ? 'this browser' : `the browser at ${service}`} from push`,
    )
    remove.onclick = async () => {
      error.textContent = ''
      try {
        await push.remove(endpoint)
        await draw()
      } catch (problem) {
        error.textContent = inWords(problem)
      }
    }
    const since = ago(createdAt)
    const last = lastPush
      ? `last push ${states[lastPush.state] ?? lastPush.state}${lastPush.error ? ` (${lastPush.error})` : ''}, ${ago(lastPush.at)}`
      : 'no push so far'
    return h(
      'li',
      {},
      h('span', { className: isHere ? 'kind accent' : 'kind' }, icon('device')),
      h(
        'span',
        { className: 'grow' },
        service,
        isHere ? h('span', { className: 'chip accent' }, 'this one') : '',
        h('small', {}, `since ${since === 'now' ? 'just now' : since} · ${last}`),
      ),
      // The button above turns this browser off, on both sides; here it would leave it subscribed to nobody.
      isHere ? '' : remove,
    )
  }

  return { element, draw }
}
