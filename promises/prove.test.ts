import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { typescriptArguments } from '@levels/shared/dev/typescript.js'
import { describe, expect, it, onTestFinished } from 'vitest'

const root = path.join(import.meta.dirname, '..')

/** `npm run prove` with these arguments. */
async function prove(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [...typescriptArguments, 'shared/cli/prove.ts', ...args], {
    cwd: root,
  })
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => stream.setEncoding('utf8').toArray())
  const [code] = await once(child, 'close')
  return { code, stdout: ((await stdout) ?? []).join(''), stderr: ((await stderr) ?? []).join('') }
}

describe.concurrent('what cannot be tried is told in one line, with exit code 2', { timeout: 60_000 }, () => {
  it.each([
    ['a level that is none', ['7'], /^There is no level "7": choose 1, 2, 3 or 4\n$/],
    ['a promise that is none', ['1', '--only', 'arives'], /^There is no promise "arives": .*--list.*\n$/],
    ['an option that is none', ['1', '--fast'], /^Unknown option '--fast'.*: there are --at.*\n$/],
    ['no level', ['--at', 'http://localhost:1'], /^which level does your server speak\? .*\n$/],
    ['no address', ['1', '--at', 'localhost'], /^--at "localhost" is no .*http:\/\/localhost:5000\n$/],
    ['nobody there', ['1', '--at', 'http://localhost:9'], /^http:\/\/localhost:9 does not answer: .*\n$/],
    [
      'a command that ends',
      ['1', '--start', 'echo broken; exit 3'],
      /^the start command ended \(exit code 3\) .*it said: broken\n$/,
    ],
  ])('%s', async (_, args, says) => {
    const { code, stderr } = await prove(...args)
    expect(stderr).toMatch(says)
    expect(code).toBe(2)
  })

  it.each([
    ['a page', 200, '<html></html>', /answers GET \/healthz with a page \(HTML, 200\)/],
    ['a redirect', 302, '', /redirects to https:\/\/example\.com\/: name that address/],
    ['errors', 500, 'no', /answers 500 to GET \/healthz: the server is not well/],
  ])('a server that answers with %s', async (_, status, body, says) => {
    const server = createServer((_request, response) =>
      response.writeHead(status, { location: 'https://example.com/' }).end(body),
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { code, stderr } = await prove(
      '1',
      '--at',
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    )
    expect(stderr).toMatch(says)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(2)
  })
})

const hasPython = spawnSync('python3', ['--version']).status === 0

describe('a server in another language or style', { timeout: 120_000 }, () => {
  it.runIf(hasPython)('of thirty lines of Python keeps the delivery promises of level 1', async () => {
    const json = path.join(mkdtempSync(path.join(tmpdir(), 'prove-')), 'results.json')
    const server = 'python3 promises/examples/level-1.py'
    const { code, stdout } = await prove(
      '1',
      '--start',
      server,
      '--only',
      'arrives,in-order',
      '--seed',
      '7',
      '--json',
      json,
    )
    expect(stdout).toContain(
      '✓ kept    arrives           200 sent by 4 senders to 3 pages: 200 acknowledged, 200 shown, 0 twice',
    )
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({
      seed: 7,
      server,
      results: [
        {
          id: 'arrives',
          group: 'delivery',
          level: 1,
          verdict: 'kept',
          counts: { sent: 200, shown: 200, lost: 0 },
        },
        { id: 'in-order', verdict: 'kept', counts: { disordered: 0 } },
      ],
    })
    expect(code).toBe(0)
  })

  it('of files only, without ws and mongoose, keeps the delivery promises of level 3', async () => {
    const ids =
      'arrives,in-order,answered,right-person,survives-a-cut,survives-absence,survives-a-crash,once,sent-twice'
    const server = [process.execPath, ...typescriptArguments, 'promises/examples/level-3/main.ts']
    const { code, stdout } = await prove('3', '--start', server.join(' '), '--only', ids, '--seed', '7')
    expect(stdout.match(/^. \w+/gm)).toEqual(ids.split(',').map(() => '✓ kept'))
    expect(code).toBe(0)
  })
})
