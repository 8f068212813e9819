import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { seed } from '../dev/seed.ts'
import { documentedBy, namedIn, section } from './support/readme.ts'
import { serverForAll } from './support/server.ts'

const server = serverForAll()

it('what the README tells a reader to paste into a terminal does what it says', async () => {
  await seed(server())
  const dir = await mkdtemp(path.join(tmpdir(), 'level-3-readme-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const readme = await readFile(path.join(import.meta.dirname, '..', 'README.md'), 'utf8')
  const blocks = [...readme.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block)
  const curls = blocks.filter((block) => block.includes('curl')).join('echo; echo ----\n')
  const script = curls.replaceAll('localhost:3030', new URL(server().url).host)

  const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-euc', script], { cwd: dir })
  const [twice = '', everyone = '', stolen = ''] = stdout.split('----\n')
  const [first, second, list] = lines(twice)
  expect(first).toMatchObject({ seq: 4, title: 'Lunch?', from: 'bob' })
  expect(second).toEqual(first)
  expect(list?.items).toHaveLength(2)
  expect(list).toMatchObject({ unread: 4 })
  expect(lines(everyone)).toEqual([{ recipients: 3 }])
  const refreshed = lines(stolen)
  expect(refreshed.map(({ code, user }) => code ?? user.username)).toEqual([
    'bob',
    'bob',
    'session_revoked',
    'session_revoked',
  ])
  expect(stderr).toBe('')
  expect(await readdir(dir)).toEqual([])
}, 60_000)

it('the README names every route, event and collection there is, and no other', async () => {
  const readme = await readFile(path.join(import.meta.dirname, '..', 'README.md'), 'utf8')
  const { url, models } = server()
  const documented = await documentedBy(url)
  expect(namedIn(readme)).toEqual(documented)
  const stored = [...Object.values(models).map(({ collection }) => collection.name), 'preferences']
  expect(stored.filter((name) => !section(readme, 'How it works').includes(name))).toEqual([])
})

function lines(output: string): ReturnType<typeof JSON.parse>[] {
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}
