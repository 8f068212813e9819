import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { closureOf, importsIn } from './imports.ts'

it.each([
  [
    "import a from 'a'\nimport { b, type C } from './b.ts'\nimport * as d from '@s/d/e.ts'",
    ['a', './b.ts', '@s/d/e.ts'],
  ],
  ["import {\n  a,\n  b,\n} from './many.ts'", ['./many.ts']],
  [
    "import type { A } from './types.ts'\nexport type { B } from './more.ts'\nexport * from './all.ts'",
    ['./types.ts', './more.ts', './all.ts'],
  ],
  [
    "import './effect.ts'\nconst x = await import('./late.ts')\nconst y = () => import('later')",
    ['./effect.ts', './late.ts', 'later'],
  ],
  ["type V = import('vite').Plugin\nlet z: typeof import('zod')", ['vite', 'zod']],
  ["// import a from 'no'\n/* import b from 'no' */\nconst text = \"import c from 'no'\"", []],
  [
    "fork(path.join(import.meta.dirname, '..', 'child.ts'))\nreadFile(path.join(import.meta.dirname, 'data'))",
    ['./../child.ts'],
  ],
])('finds what a script asks for: %j', (text, names) => {
  expect(importsIn('file.ts', text)).toEqual(names)
})

it('finds what a page and a style ask for, on this host', () => {
  const page =
    '<link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css"><script type="module" src="/main.ts">'
  expect(importsIn('index.html', page)).toEqual(['./style.css', './main.ts'])
  expect(importsIn('style.css', "@import './look.css';\n@import url('./more.css');")).toEqual([
    './look.css',
    './more.css',
  ])
})

it('follows imports from file to file, through packages of this house, and names the others', () => {
  const house = realpathSync(mkdtempSync(path.join(tmpdir(), 'imports-')))
  onTestFinished(() => rmSync(house, { recursive: true }))
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(house, file)), { recursive: true })
    writeFileSync(path.join(house, file), text)
  }
  write('level/a.ts', "import './b.ts'\nimport { z } from 'zod/v4'\nimport '@levels/tool'\nimport 'node:fs'")
  write('level/b.ts', "import './a.ts'")
  write('level/alone.ts', '')
  write('tool/package.json', '{ "exports": { ".": "./src/index.ts" } }')
  write('tool/src/index.ts', "import '@scope/name/file'")
  mkdirSync(path.join(house, 'node_modules/@levels'), { recursive: true })
  symlinkSync(path.join(house, 'tool'), path.join(house, 'node_modules/@levels/tool'), 'junction')
  const { files, packages } = closureOf([path.join(house, 'level/a.ts')], house)
  expect(files.map((file) => path.relative(house, file))).toEqual([
    'level/a.ts',
    'level/b.ts',
    'tool/src/index.ts',
  ])
  expect(packages).toEqual(['@scope/name', 'zod'])
  write('level/b.ts', "import './gone.ts'")
  expect(() => closureOf([path.join(house, 'level/a.ts')], house)).toThrow('level/b.ts imports ./gone.ts')
})
