import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { findPromise } from '@levels/promises/promises.ts'
import { describe, expect, it } from 'vitest'
import { clientEvents, serverEvents } from '../../level-3-jwt-notifications/src/events.ts'
import { levels } from '../cli/levels.ts'
import { root } from '../testing/process.ts'
import { readGraph } from './graph.ts'
import {
  chaptersStandAlone,
  heartsAreBare,
  importsAreDeclared,
  levelsStandAlone,
  noCircles,
  pagesKnowTheContractOnly,
  productIsNoTool,
  type Rule,
} from './rules.ts'

const L3 = 'level-3-jwt-notifications/src'
const L4 = 'level-4-push-scaling/src'
const hearts = [
  `${L3}/log/log.ts`,
  `${L3}/sessions/sessions.ts`,
  `${L3}/socket/connection.ts`,
  `${L3}/rooms/rooms.ts`,
  `${L4}/deliver/deliver.ts`,
  `${L4}/push/push.ts`,
  `${L4}/email/email.ts`,
  `${L4}/instances/gap-watch.ts`,
]

const all = readGraph(root, { types: true })
const running = readGraph(root, { types: false })
const filesBelow = (dir: string) =>
  readdirSync(path.join(root, dir), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
const textOf = (file: string) => readFileSync(path.join(root, file), 'utf8')
const linesOf = (file: string) => textOf(file).trimEnd().split('\n').length

const manifest = (dir: string) => JSON.parse(textOf(path.join(dir, 'package.json')))
const declared = new Map<string, Set<string>>(
  ['', '.ci/api-client', ...manifest('').workspaces].map((dir: string) => {
    const { dependencies, devDependencies } = manifest(dir)
    return [dir, new Set(Object.keys({ ...dependencies, ...devDependencies }))]
  }),
)

/** Each rule, the graph it reads, and an import that it has to find: from, to. */
const rules: [name: string, rule: Rule, graph: typeof all, breach: [from: string, to: string]][] = [
  [
    'a level imports no other level, but for the doors of level 3',
    levelsStandAlone,
    all,
    [`${L4}/server.ts`, `${L3}/log/log.ts`],
  ],
  [
    'a chapter imports no other chapter',
    chaptersStandAlone,
    all,
    [`${L3}/log/log.ts`, `${L3}/rooms/rooms.ts`],
  ],
  [
    'a page knows the contract of its server only',
    pagesKnowTheContractOnly,
    all,
    ['level-3-jwt-notifications/client/main.ts', `${L3}/log/shapes.ts`],
  ],
  [
    'what runs imports no test, benchmark or tool',
    productIsNoTool,
    all,
    [`${L3}/server.ts`, 'shared/testing/process.ts'],
  ],
  ['no file leads back to itself', noCircles, running, [`${L3}/log/log.ts`, `${L3}/log/index.ts`]],
  ['a heart imports no armour', heartsAreBare(hearts), running, [`${L3}/log/log.ts`, `${L3}/log/publish.ts`]],
  [
    'every package that is imported is declared',
    importsAreDeclared(declared),
    all,
    ['level-1-websocket/src/server.ts', 'express'],
  ],
]

describe('the house', () => {
  it.each(rules)('holds that %s', (_name, rule, graph) => {
    expect(rule(graph)).toEqual([])
  })

  it.each(rules)('notices a breach of: %s', (_name, rule, graph, [from, to]) => {
    const planted = new Map(graph).set(from, [...(graph.get(from) ?? []), to])
    expect(rule(planted).join('\n')).toContain(to)
  })

  it.each([
    [
      'level-2-socketio',
      textOf('level-2-socketio/src/events.ts').match(/(?<=^ {2}')[a-z]+:[a-z:-]+(?=')/gm) ?? [],
    ],
    ['level-3-jwt-notifications', Object.keys({ ...serverEvents, ...clientEvents })],
  ])('%s names no event that its server or its page does not know', (level, events) => {
    const partOf = (side: string) =>
      [...all.keys()]
        .filter((file) => file.startsWith(`${level}/${side}/`) && !/(events|shapes)\.ts$/.test(file))
        .map(textOf)
        .join()
    const [server, page] = [partOf('src') + partOf('dev'), partOf('client')]
    expect(events.length).toBeGreaterThan(3)
    expect(events.filter((name) => !server.includes(`'${name}'`) || !page.includes(`'${name}'`))).toEqual([])
  })

  it('has locked every package to its content, and to no registry', () => {
    const packages: Record<string, { link?: true; integrity?: string; resolved?: string }> = JSON.parse(
      textOf('package-lock.json'),
    ).packages
    const installed = Object.entries(packages).filter(
      ([name, { link }]) => /node_modules/.test(name) && !link,
    )
    expect(installed.length).toBeGreaterThan(100)
    expect(installed.filter(([, { integrity, resolved }]) => !integrity || resolved)).toEqual([])
  })

  it('has no helper that cleans up after one test file only: it is loaded once for all of them', () => {
    const helpers = [...all.keys()].filter((file) => !file.endsWith('.test.ts'))
    const once = helpers.filter((file) => /^(before|after)(Each|All)\(|^vi\./m.test(textOf(file)))
    expect(once).toEqual([])
  })

  it.each(hearts)('has a heart of one sitting: %s', (heart) => {
    expect(linesOf(heart)).toBeLessThanOrEqual(150)
  })

  // All that is read of a level, its chapters' pages included. What they are today: a level gets smaller, not larger.
  it.each([
    [3, 3_199, 39],
    [4, 2_599, 29],
  ])('has in level %i at most %i lines in %i files', (number, lines, files) => {
    const level = levels.find((each) => each.number === number)
    const own = filesBelow(`${level?.folder}/src`)
    expect(own.length).toBeLessThanOrEqual(files)
    expect(own.reduce((sum, file) => sum + linesOf(file), 0)).toBeLessThanOrEqual(lines)
  })
})

describe('tables of files in READMEs', () => {
  const readmes = [...new Set([...all.keys()].map((file) => path.dirname(file)))]
    .filter((dir) => /^level-\d-[^/]+(\/src\/[^/]+)?$/.test(dir))
    .map((dir) => `${dir}/README.md`)

  it.each(readmes)('%s names files that are there', (readme) => {
    const dir = path.dirname(readme)
    const level = dir.split('/')[0]
    const known = [...all.keys()]
    const rows = textOf(readme).match(/^\| .*`.*$/gm) ?? []
    const named = rows.flatMap((row) =>
      [...row.matchAll(/`([\w./-]+\.(?:ts|js|css))`/g)].map(([, name = '']) => name),
    )
    const isThere = (name: string) =>
      known.some((file) => file === name || (file.startsWith(`${level}/`) && file.endsWith(`/${name}`))) ||
      known.some((file) => file.startsWith('shared/') && file.endsWith(`/${name}`))
    expect(named.filter((name) => !isThere(name))).toEqual([])
  })

  const chapters = readmes.filter((readme) => readme.includes('/src/'))

  it.each(chapters)('%s is one screen: question, picture, idea, armour, numbers, promises', (readme) => {
    const text = textOf(readme)
    expect(linesOf(readme)).toBeLessThanOrEqual(45)
    const parts = ['**The question', '```mermaid', '**The idea', '**The armour', '**Measured', '**Promises']
    expect(parts.filter((part) => !text.includes(part))).toEqual([])
    const places = parts.map((part) => text.indexOf(part))
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    const named = [...(text.split('**Promises')[1] ?? '').matchAll(/`([a-z-]+)`/g)].map(([, id = '']) => id)
    expect(named.filter((id) => !findPromise(id))).toEqual([])
  })

  it.each(chapters)('%s names every file of its chapter', (readme) => {
    const dir = path.dirname(readme)
    const own = [...all.keys()]
      .filter((file) => path.dirname(file) === dir)
      .map((file) => path.basename(file))
    const common = ['index.ts', 'routes.ts', 'requests.ts', 'models.ts', 'model.ts', 'shapes.ts', 'types.ts']
    expect(own.filter((file) => !common.includes(file) && !textOf(readme).includes(file))).toEqual([])
  })
})
