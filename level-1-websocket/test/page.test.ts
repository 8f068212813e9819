import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { expect, it } from 'vitest'
import { logOf, startWithPage, wireOf } from './support/page.ts'
import type { TestServer } from './support/server.ts'

const notify = ({ url }: TestServer, body: string) => fetch(`${url}/notify`, { method: 'POST', body })

describeInBrowser('the page of level 1', (browser) => {
  it('connects by itself and shows nothing, since nothing came', async () => {
    const page = await browser.visit((await startWithPage()).url)
    await page
      .getByRole('status')
      .filter({ hasText: /^connected$/ })
      .waitFor()
    expect(await page.title()).toBe('Level 1 · Raw WebSocket')
    expect(await logOf(page)).toEqual([])
    expect(await wireOf(page)).toEqual([
      '↑ upgrade GET /ws HTTP/1.1\nUpgrade: websocket',
      '↓ open 101 Switching Protocols',
    ])
    expect(page.problems).toEqual([])
  })

  it('sends a text and shows its echo, and both frames on the wire', async () => {
    const page = await browser.visit((await startWithPage()).url)
    await page.getByText('connected', { exact: true }).waitFor()
    await page.getByLabel('Text', { exact: true }).fill('grüß dich')
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await expect.poll(() => logOf(page)).toEqual(['grüß dich'])
    expect((await wireOf(page)).slice(2)).toEqual(['↑ text grüß dich', '↓ text grüß dich'])
    expect(await page.locator('.wire .size').first().textContent()).toBe('11 B')
    expect(page.problems).toEqual([])
  })

  it('sends an empty text, which is a message like any other', async () => {
    const page = await browser.visit((await startWithPage()).url)
    await page.getByText('connected', { exact: true }).waitFor()
    await page.getByLabel('Text', { exact: true }).fill('')
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.locator('#log').getByText('0 characters').waitFor()
  })

  it('sends the bytes of a file and shows that bytes came back', async () => {
    const page = await browser.visit((await startWithPage()).url)
    await page.getByText('connected', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Send file' }).click()
    await page.getByRole('alert').getByText('Choose a file first').waitFor()
    const buffer = Buffer.from([0, 1, 254, 255])
    await page.getByLabel(/A file/).setInputFiles({ name: 'bytes.bin', mimeType: 'image/png', buffer })
    await page.getByRole('button', { name: 'Send file' }).click()
    await expect.poll(() => logOf(page)).toEqual(['00 01 fe ff'])
    await page.locator('#log').getByText('4 bytes').waitFor()
    expect(await page.getByRole('alert').textContent()).toBe('')
  })

  it('shows a push in every open page, and looks the same as an echo', async () => {
    const server = await startWithPage()
    const [one, two] = [await browser.visit(server.url), await browser.visit(server.url)]
    await expect.poll(() => server.clients.size).toBe(2)
    await notify(server, 'Lunch is ready')
    for (const page of [one, two]) {
      await expect.poll(() => logOf(page)).toEqual(['Lunch is ready'])
      expect((await wireOf(page)).at(-1)).toBe('↓ text Lunch is ready')
    }
    await one.getByLabel('Or from here').fill('Dinner, too')
    await one.getByRole('button', { name: 'Push' }).click()
    await expect.poll(() => logOf(two)).toEqual(['Lunch is ready', 'Dinner, too'])
    await one.getByText('Sent to 2 open sockets').waitFor()
    const call = one.locator('.wire li').filter({ hasText: 'POST /notify → 202' })
    await call.getByRole('button', { name: 'The whole of it' }).click()
    expect(await call.locator('dd').allTextContents()).toEqual([
      'POST /notify',
      'Dinner, too',
      '{\n  "delivered": 2\n}',
    ])
    expect(await one.locator('#curl').textContent()).toBe(`curl -d "Lunch is ready" ${server.url}/notify`)
  })

  it('disconnects when told to, sends nothing then, and does not come back until told to', async () => {
    const server = await startWithPage()
    const page = await browser.visit(server.url)
    const connect = page.getByRole('button', { name: 'Connect', exact: true })
    const disconnect = page.getByRole('button', { name: 'Disconnect' })
    await page.getByText('connected', { exact: true }).waitFor()
    expect(await connect.isDisabled()).toBe(true)
    await disconnect.click()
    await page.getByText('disconnected', { exact: true }).waitFor()
    await expect.poll(() => server.clients.size).toBe(0)
    expect((await wireOf(page)).at(-1)).toBe('↓ close 1000')

    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByRole('alert').getByText('Not sent').waitFor()
    expect(await disconnect.isDisabled()).toBe(true)
    await connect.click()
    await page.getByText('connected', { exact: true }).waitFor()
    expect(server.clients.size).toBe(1)
    expect(page.problems).toEqual([])
  })

  it('comes back by itself when the server does; the delays grow, and start anew after success', async () => {
    const server = await startWithPage()
    const page = await browser.visit(server.url, { clock: true })
    await page.getByText('connected', { exact: true }).waitFor()
    await page.evaluate(() => {
      Math.random = () => 0.8 // delays of 0.4, 0.8, 1.6 s …
    })
    const delays = async () => (await wireOf(page)).filter((line) => line.startsWith('· back-off'))

    await server.close()
    const later = () => page.clock.runFor(1_000).then(delays)
    const expected = ['0.4 s', '0.8 s', '1.6 s', '3.2 s', '6.4 s', '12.0 s', '12.0 s']
    await expect.poll(later).toEqual(expected.map((delay) => `· back-off ${delay}`))
    expect(await wireOf(page)).toContain('↓ close 1001 server is shutting down')

    const restarted = await startWithPage({ port: server.port })
    await expect.poll(() => page.clock.runFor(1_000).then(() => restarted.clients.size)).toBe(1)
    await page.getByText('connected', { exact: true }).waitFor()
    await notify(restarted, 'I am back')
    await expect.poll(() => logOf(page)).toEqual(['I am back'])

    await page.getByRole('button', { name: 'Cut the connection' }).click()
    await expect.poll(async () => (await delays()).at(-1)).toBe('· back-off 0.4 s')
  })

  it('shows what others wrote as text, never as HTML', async () => {
    const server = await startWithPage()
    const page = await browser.visit(server.url)
    await expect.poll(() => server.clients.size).toBe(1)
    const attack = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    await notify(server, attack)
    await expect.poll(() => logOf(page)).toEqual([attack])
    expect((await wireOf(page)).at(-1)).toBe(`↓ text ${attack}`)
    expect(await page.locator('main img, main script').count()).toBe(0)
    expect(page.problems).toEqual([])
  })

  it('keeps what it shows within bounds, however much comes', async () => {
    const server = await startWithPage()
    const page = await browser.visit(server.url)
    await expect.poll(() => server.clients.size).toBe(1)
    for (const client of server.clients)
      for (let number = 1; number <= 350; number++) client.send(`push ${number}`)
    await expect.poll(async () => (await logOf(page)).at(-1)).toBe('push 350')
    expect(await logOf(page)).toHaveLength(200)
    expect(await wireOf(page)).toHaveLength(300)
  })
})
