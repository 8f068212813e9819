import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { levels } from '../cli/levels.ts'
import { freePort } from '../dev/ports.ts'
import { linkBundles } from '../testing/house-copy.ts'
import { root, startProgram } from '../testing/process.ts'
import { planLevelCopy, writeLevelCopy } from './level.ts'

/** A level, copied, with the packages that are installed here. */
function copyOf(folder: string): string {
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'taken-out-')))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }))
  writeLevelCopy(root, planLevelCopy(root, folder, 'my-app'), dir)
  link(path.join(root, 'node_modules'), path.join(dir, 'node_modules'))
  mkdirSync(path.join(dir, 'node_modules/@levels'))
  for (const place of readManifest(dir).workspaces) {
    const { name } = readManifest(path.join(dir, place))
    symlinkSync(path.join(dir, place), path.join(dir, 'node_modules', name), 'junction')
    link(path.join(root, place, 'node_modules'), path.join(dir, place, 'node_modules'))
  }
  linkBundles(dir)
  return dir
}

function link(from: string, to: string): void {
  if (!existsSync(from)) return
  mkdirSync(to)
  for (const name of readdirSync(from)) {
    if (name !== '@levels') symlinkSync(path.join(from, name), path.join(to, name), 'junction')
  }
}

function readManifest(dir: string): {
  name: string
  workspaces: string[]
  dependencies?: Record<string, string>
} {
  return JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8'))
}

describe('a level that was taken out', () => {
  it.each(levels)(
    'starts as $folder, serves its page, and has nothing of the other levels',
    async (level) => {
      const dir = copyOf(level.folder)
      const port = await freePort(level.number === 4 ? [1, 40] : [])
      const program = startProgram([path.join(dir, 'shared/cli/start.js')], {
        cwd: dir,
        env: { PORT: String(port), DATA_DIR: path.join(dir, '.data'), NODE_ENV: undefined },
      })
      onTestFinished(() => program.stop())
      const url = await program.url()
      expect((await fetch(`${url}/healthz`)).status).toBe(200)
      expect(await (await fetch(url)).text()).toContain(`data-level="${level.number}"`)
      expect((await fetch(`${url}/main.ts`)).status).toBe(200)
      const others = readdirSync(dir).filter((name) => name.startsWith('level-') && name !== level.folder)
      expect(others).toEqual(level.number === 4 ? ['level-3-jwt-notifications'] : [])
      program.kill('SIGTERM')
      expect((await program.exit).code).toBe(0)
    },
    90_000,
  )

  it('asks for its own packages only', () => {
    const dir = copyOf('level-1-websocket')
    const all = ['', ...readManifest(dir).workspaces].flatMap((place) => {
      return Object.keys(readManifest(path.join(dir, place)).dependencies ?? {})
    })
    expect(all.sort()).toEqual(['@levels/shared', 'beautiful-mermaid', 'marked', 'sirv', 'ws'])
  })

  it('brings its containers along, made of what is there', () => {
    const dir = copyOf('level-4-push-scaling')
    for (const name of ['docker-compose.yml', '.dockerignore', '.env.example'])
      expect(readFileSync(path.join(dir, name), 'utf8')).toBe(readFileSync(path.join(root, name), 'utf8'))
    const dockerfile = readFileSync(path.join(dir, 'level-4-push-scaling/Dockerfile'), 'utf8')
    const copied = [...dockerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, from = '']) =>
      from.split(' '),
    )
    expect(copied).toContain('level-3-jwt-notifications/package.json')
    expect(copied.filter((file) => !existsSync(path.join(dir, file)))).toEqual([])
  })

  it('is never written over what is there', () => {
    const dir = copyOf('level-1-websocket')
    const plan = planLevelCopy(root, 'level-2-socketio', 'my-app')
    expect(() => writeLevelCopy(root, plan, dir)).toThrow('is not empty')
    expect(existsSync(path.join(dir, 'level-2-socketio'))).toBe(false)
    const file = path.join(dir, 'README.md')
    expect(() => writeLevelCopy(root, plan, file)).toThrow(`${file} is not a folder`)
  })
})
