import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { StartError } from './config.ts'
import { closeHttpServer, createHttpServer } from './http.ts'
import { createLog } from './log.ts'
import { createPage } from './page.ts'
import { sendError } from './respond.ts'

/** A level's folder with these files in it. */
function levelWith(files: Record<string, string>): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'level-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(dir, name)), { recursive: true })
    writeFileSync(path.join(dir, name), text)
  }
  return dir
}

async function serve(dir: string, production: boolean): Promise<string> {
  const page = createPage(dir, production)
  const notFound = 'nothing there'
  const server = createHttpServer(
    (req, res) => page.handle(req, res, () => sendError(res, 404, 'not_found', notFound)),
    createLog('silent'),
  )
  await page.attach(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    await page.close()
    await closeHttpServer(server, 0)
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const built = {
  'dist/index.html': '<title>built</title>',
  'dist/sw.js': 'self.name',
  'dist/assets/main-3f2a.js': 'document.title',
  'package.json': '{}',
}
const source = {
  'client/index.html': '<title>source</title><script type="module" src="/main.ts"></script>',
  'client/main.ts': 'export const answer: number = 42',
  'package.json': '{}',
}

describe('the built page', () => {
  it('is served with its scripts', async () => {
    const url = await serve(levelWith(built), true)
    expect(await (await fetch(url)).text()).toBe('<title>built</title>')
    const script = await fetch(`${url}/assets/main-3f2a.js`)
    expect(script.headers.get('content-type')).toContain('javascript')
    expect(script.headers.get('cache-control')).toContain('immutable')
    expect((await fetch(`${url}/sw.js`)).headers.get('cache-control')).toBe('no-cache')
    expect((await fetch(url)).headers.get('cache-control')).toBe('no-cache')
  })

  it.each([
    '/missing.js',
    '/assets/main.js',
    '/anything',
    '/../package.json',
    '/%2e%2e/package.json',
    '/index.html/x',
  ])('has a 404 at %s, never the page', async (path) => {
    const url = await serve(levelWith(built), true)
    const response = await fetch(`${url}${path}`)
    expect(response.status).toBe(404)
    expect((await response.json()).error.code).toBe('not_found')
  })

  it('refuses to start when nothing was built, and says what to run', async () => {
    const attached = createPage(levelWith(source), true).attach(
      createHttpServer(() => undefined, createLog('silent')),
    )
    await expect(attached).rejects.toThrow(StartError)
    await expect(attached).rejects.toThrow('npm run build')
  })

  it('has no hot-reload socket', () => {
    const page = createPage(levelWith(built), true)
    const req = { url: '/', headers: { 'sec-websocket-protocol': 'vite-hmr' } }
    expect(page.ownsUpgrade(req as never)).toBe(false)
  })
})

describe('the page in development', () => {
  it('is served from its sources, without a build', async () => {
    const url = await serve(levelWith(source), false)
    expect(await (await fetch(url)).text()).toContain('<title>source</title>')
    const script = await fetch(`${url}/main.ts`)
    expect(script.headers.get('content-type')).toContain('javascript')
    expect(await script.text()).toContain('export const answer = 42')
  })

  it.each(['/missing.js', '/missing.html', '/anything', '/client/main.ts', '/index.html/x', '/%'])(
    'leaves %s to the level, which says 404 in its own way',
    async (path) => {
      const url = await serve(levelWith(source), false)
      const response = await fetch(`${url}${path}`)
      expect(response.status).toBe(404)
      expect((await response.json()).error.code).toBe('not_found')
    },
  )

  it('is there by its name too, with any query, and for HEAD', async () => {
    const url = await serve(levelWith(source), false)
    for (const path of ['/?from=mail', '/index.html']) {
      expect(await (await fetch(`${url}${path}`)).text(), path).toContain('<title>source</title>')
    }
    expect((await fetch(url, { method: 'HEAD' })).headers.get('content-type')).toContain('text/html')
  })

  it('keeps secrets that lie beside it', async () => {
    const secrets = {
      'client/.env': 'SECRET=1',
      'client/.data/keys.json': '{"secret":1}',
      'client/my.key': 'x',
    }
    const dir = levelWith({ ...source, ...secrets })
    const url = await serve(dir, false)
    for (const file of [
      `/@fs${dir}/client/my.key?raw`, // what Vite refuses by itself
      '/.env',
      '/.data/keys.json',
      `/@fs${dir}/client/.env`,
      `/@fs${dir}/client/.env?raw`,
      '/@fs/etc/hostname',
    ]) {
      const response = await fetch(`${url}${file}`)
      expect([403, 404], file).toContain(response.status)
    }
  })

  it.each<[string, Record<string, string>]>([
    ['with its Origin', { origin: 'http://evil.example' }],
    ['as a picture', { 'sec-fetch-site': 'cross-site' }],
  ])('lets no other site’s page open files in an editor, %s', async (_how, headers) => {
    const url = await serve(levelWith(source), false)
    expect((await fetch(`${url}/__open-in-editor?file=main.ts`, { headers })).status).toBe(403)
  })

  it('owns the hot-reload socket at its own path only', () => {
    const page = createPage(levelWith(source), false)
    const ask = (url: string, protocol?: string) =>
      page.ownsUpgrade({ url, headers: { 'sec-websocket-protocol': protocol } } as never)
    expect(ask('/?token=abc', 'vite-hmr')).toBe(true)
    expect(ask('/ws', 'vite-hmr')).toBe(false)
    expect(ask('/', 'chat')).toBe(false)
    expect(ask('/')).toBe(false)
  })
})

describe.each([
  ['built', built, true],
  ['development', source, false],
])('every page (%s)', (_name, files, production) => {
  it('lets only scripts of its own origin run, none of them inline', async () => {
    const response = await fetch(await serve(levelWith(files), production))
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it.each(['POST', 'PUT', 'DELETE'])('is not there for %s', async (method) => {
    const url = await serve(levelWith(files), production)
    expect((await fetch(url, { method })).status).toBe(404)
  })
})
