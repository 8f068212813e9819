// A page with one button. Serve sw.js from the root of the site; the routes are those of the card `web-push`.
import { onPermissionChange, readPermission } from '../../client/push/browser.ts'
import { checkUp } from '../../client/push/check-up.ts'
import { createProbes } from '../../client/push/probes.ts'
import { createPush, type PushHost } from '../../client/push/push.ts'

/** Your own way to ask the server as whoever is signed in. An error carries the answer's `status`. */
const api: PushHost['api'] = async (method, path, { body } = {}) => {
  const response = await fetch(path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  })
  if (!response.ok) throw Object.assign(new Error(await response.text()), { status: response.status })
  return { data: response.status === 204 ? undefined : await response.json() }
}

const push = createPush({ api, user: { id: 'the id of whoever is signed in' } })
const button = document.createElement('button')
const state = document.createElement('p')
document.body.append(button, state)

async function draw(): Promise<void> {
  const isOn = (await push.state()) !== 'off'
  button.textContent = isOn ? 'Check push' : 'Turn on push'
  state.textContent = `${readPermission()}, ${await push.state()}`
}

button.onclick = async () => {
  const answer = Notification.requestPermission() // the first thing in the click: later, browsers do not ask any more
  try {
    if ((await push.state()) !== 'off') {
      await checkUp(createProbes(push), (link, finding) => console.log(link, finding))
    } else if ((await answer) === 'granted') await push.turnOn()
    await draw()
  } catch (error) {
    state.textContent = String(error)
  }
}
onPermissionChange(() => void draw(), new AbortController().signal)
await push.resync()
await draw()
