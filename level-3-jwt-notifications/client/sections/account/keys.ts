import { ask } from '@levels/shared/client/confirm.ts'
import { copyOnClick, h } from '@levels/shared/client/dom.ts'
import type { App } from '../../app.ts'
import { ago, inWords } from '../../words.ts'

interface Key {
  id: string
  name: string
  createdAt: string
  lastUsedAt: string | null
}

/** Keys with which programs publish, and do nothing else: made, shown once, listed, revoked. */
export function keysPanel({ api, connection }: App): Node[] {
  const name = h('input', {
    required: true,
    maxLength: 50,
    autocomplete: 'off',
    placeholder: 'backup script',
  })
  const form = h(
    'form',
    { className: 'line' },
    h('label', {}, 'Name of a new key', name),
    h('button', { className: 'btn', type: 'submit' }, 'Make a key'),
  )
  const shown = h('div', { attributes: { role: 'status' } })
  const list = h('ul', { className: 'lines' })
  const error = h('p', { className: 'error', attributes: { role: 'alert' } })

  async function act(work: () => Promise<unknown>): Promise<void> {
    error.textContent = ''
    try {
      await work()
    } catch (problem) {
      error.textContent = inWords(problem)
    }
  }

  async function load(): Promise<void> {
    const { items } = (await api<{ items: Key[] }>('GET', '/api/keys')).data
    list.replaceChildren(...items.map(toLine))
  }

  function toLine({ id, name: keyName, lastUsedAt, createdAt }: Key): HTMLLIElement {
    const revoke = h('button', { className: 'btn small', type: 'button' }, 'Revoke')
    revoke.setAttribute('aria-label', `Revoke ${keyName}`)
    revoke.onclick = () =>
      ask({
        title: `Revoke the key ${keyName}?`,
        text: 'Programs that use it can publish no more. It cannot be brought back.',
        action: 'Revoke',
        run: async () => {
          await api('DELETE', `/api/keys/${id}`)
          await load()
        },
        inWords,
      })
    const used = lastUsedAt ? `last used ${ago(lastUsedAt)}` : 'not used so far'
    return h(
      'li',
      {},
      h(
        'span',
        { className: 'grow' },
        h('bdi', {}, keyName),
        h('small', {}, `made ${ago(createdAt)} · ${used}`),
      ),
      revoke,
    )
  }

  /** The only time that the key can be seen: the server keeps its hash. */
  function show(key: string): void {
    const command = `curl -H "Authorization: Bearer ${key}" -d "Lunch" ${location.origin}/api/publish/alice`
    const copy = h('button', { className: 'btn small', type: 'button' }, 'Copy')
    copyOnClick(copy, () => command)
    shown.replaceChildren(
      h('p', { className: 'hint' }, 'Copy it now: it is shown this once. This publishes to alice:'),
      h('p', { className: 'command' }, h('code', {}, command), copy),
    )
  }

  form.onsubmit = (event) => {
    event.preventDefault()
    act(async () => {
      const { data } = await api<Key & { key: string }>('POST', '/api/keys', { body: { name: name.value } })
      form.reset()
      show(data.key)
      await load()
    })
  }
  connection.socket.once('session:ready', () => act(load))
  return [
    h(
      'p',
      { className: 'hint' },
      'A key lets a program publish in your name without your password, and nothing else.',
    ),
    form,
    shown,
    list,
    error,
  ]
}
