import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../testing/process.ts'

const levels = readdirSync(root)
  .filter((name) => /^level-\d-/.test(name))
  .sort()
const textOf = (file: string) => readFileSync(path.join(root, file), 'utf8')

/** All TypeScript and JavaScript of these folders, in one text. */
function sourcesIn(...folders: string[]): string {
  const files = folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.[jt]s$/.test(name) && !name.includes('node_modules') && !name.includes('.test.'))
      .map((name) => path.join(folder, name)),
  )
  return files.map(textOf).join('\n')
}

const linesIn = (folder: string) => sourcesIn(folder).split('\n').length

/** The text below a heading, up to the next one of its kind. */
function section(readme: string, heading: string): string {
  return textOf(readme).split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
}

describe('troubleshooting', () => {
  const sources = sourcesIn(
    'shared',
    ...levels.map((level) => `${level}/src`),
    ...levels.map((level) => `${level}/client`),
    'level-4-push-scaling/dev',
  )

  it.each(['README.md', ...levels.map((level) => `${level}/README.md`)])(
    '%s quotes what is really printed',
    (readme) => {
      const cells = section(readme, 'Troubleshooting').match(/^\| [^|]+/gm) ?? []
      const quoted = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text))
      expect(quoted.length).toBeGreaterThan(2)
      expect(quoted.filter((text) => !/^\d+$/.test(text) && !asPrinted(text).test(sources))).toEqual([])
    },
  )

  /** Numbers and addresses are examples: the source may have a variable there. */
  function asPrinted(text: string): RegExp {
    const parts = text.split(/(\d[\d.:]*)/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    return new RegExp(
      parts.map((part, index) => (index % 2 ? `(?:${part}|\\$\\{[^\`\\n]+?\\})` : part)).join(''),
    )
  }
})

describe('sizes', () => {
  it.each(levels)('%s says of its least server how long it is', (level) => {
    const readme = textOf(`${level}/README.md`)
    const [, link = ''] = /\]\((exercises\/[^)]+\/solution\.ts)\)/.exec(readme) ?? []
    const [, told] = /(\d+) lines/.exec(readme.slice(readme.indexOf('Begin with one file'))) ?? []
    expect(Number(told)).toBe(textOf(`${level}/${link}`).trimEnd().split('\n').length)
  })

  it.each(levels)('%s says about how long its server is', (level) => {
    const [, said = ''] = /`src\/` is about ([\d,]+) lines/.exec(textOf(`${level}/README.md`)) ?? []
    const told = Number(said.replace(',', ''))
    expect(Math.abs(linesIn(`${level}/src`) / told - 1)).toBeLessThan(0.1)
  })
})

it('the table of levels names every package that a level adds', () => {
  const [row = ''] = /^\| \*\*packages\*\*.*$/m.exec(textOf('README.md')) ?? []
  const cells = row.split('|').slice(2)
  const known = new Set<string>()
  for (const [index, level] of levels.entries()) {
    const { dependencies } = JSON.parse(textOf(`${level}/package.json`))
    const added = Object.keys(dependencies).filter((name) => !name.startsWith('@levels/') && !known.has(name))
    const named = [...(cells[index] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name)
    expect(named.sort(), level).toEqual(added.sort())
    for (const name of added) known.add(name)
  }
})

it('the glossary has no word that nobody uses', () => {
  const lessons = levels.map((level) => textOf(`${level}/README.md`)).join('\n')
  const used = `${sourcesIn('shared', 'promises', ...levels)}\n${lessons}`.toLowerCase()
  const rows = textOf('docs/glossary.md').match(/^\| [^|]+/gm) ?? []
  const words = rows.flatMap((row) => row.slice(2).trim().replaceAll('`', '').split(', '))
  expect(words.length).toBeGreaterThan(60)
  expect(words.filter((word) => !/^-+$/.test(word) && !used.includes(word.toLowerCase()))).toEqual([])
})
