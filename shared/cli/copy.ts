import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { planCardCopy } from '../copy/card.ts'
import { describeCards, type PlacedCard, readCards } from '../copy/cards.ts'
import { diffCopy } from '../copy/diff-card.ts'
import { planLevelCopy, writeLevelCopy } from '../copy/level.ts'
import { addNeeds, needsOf } from '../copy/project.ts'
import { revisionOf } from '../copy/revision.ts'
import { type Changes, compareCopy, readRecord, requireWritable, writeCopy } from '../copy/write-card.ts'
import { type Level, levels } from './levels.ts'

const USAGE = `npm run copy                          what there is
npm run copy CARD DIR                 a card into DIR/src/realtime/CARD
npm run copy CARD DIR -- --into SUB   … into DIR/SUB
npm run copy CARD DIR -- --dry-run    what would happen
npm run copy CARD DIR -- --force      also over files that were changed there
npm run copy diff CARD DIR            what changed here since that copy was made
npm run copy level-2 DIR              a whole level as a folder of its own`

const house = path.join(import.meta.dirname, '..', '..')
const env = process.env

try {
  process.exitCode = await copy()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

interface Options {
  into?: string | undefined
  isDryRun: boolean
  isForced: boolean
}

async function copy(): Promise<number> {
  const { values, positionals } = readOptions()
  const options = { into: values.into, isDryRun: values['dry-run'], isForced: values.force }
  const isDiff = positionals[0] === 'diff'
  const [what, where, ...more] = isDiff ? positionals.slice(1) : positionals
  const cards = await readCards(house)
  if (what === undefined && !isDiff) {
    printList(cards)
    return 0
  }
  if (what === undefined || where === undefined || more.length > 0) {
    throw new Error(`Say what, and the folder of your project:\n\n${USAGE}`)
  }
  // npm runs in the repository; a relative path is meant from where npm was called.
  const target = path.resolve(env.INIT_CWD ?? '.', where)
  const level = levels.find(({ number }) => what === `level-${number}`)
  if (level && !isDiff) return copyLevel(level, target, options)
  const card = cards.find(({ name }) => name === what)
  if (!card) {
    throw new Error(`There is no card "${what}". There are: ${cards.map(({ name }) => name).join(', ')}`)
  }
  if (!existsSync(target) || !statSync(target).isDirectory()) throw new Error(`${target} is not a folder`)
  return isDiff ? printDiff(card, target, options) : copyCard(card, target, options)
}

function readOptions() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        // Without "--" before them npm keeps these three for itself, and hands them on as settings of its own.
        into: { type: 'string', default: env.npm_config_into ?? '' },
        'dry-run': { type: 'boolean', default: env.npm_config_dry_run === 'true' },
        force: { type: 'boolean', default: env.npm_config_force === 'true' },
      },
    })
  } catch (error) {
    // Node adds a hint about positional arguments, which does not help here.
    const [sentence] = (error as Error).message.split('. ')
    throw new Error(`${sentence}: there are --into SUB, --dry-run and --force`)
  }
}

function printList(cards: PlacedCard[]): void {
  const parts = levels.map(({ number, title }) => {
    const own = cards.filter(({ level }) => level === number)
    return `# Level ${number}: ${title}\n\n${describeCards(own)}\n`
  })
  console.log([...parts, USAGE].join('\n'))
}

function copyCard(card: PlacedCard, project: string, { into, isDryRun, isForced }: Options): number {
  const folder = folderOf(card, project, into)
  const needs = needsOf(house, card, project)
  const planAt = (revision: string) => planCardCopy(house, card, { revision, ownType: needs.ownType })
  const before = readRecord(folder)
  const packages = Object.entries({ ...needs.dependencies, ...needs.devDependencies })
  // The revision is part of the README: it alone is no change.
  if (before && packages.length === 0 && isNothing(compareCopy(folder, planAt(before.revision)))) {
    console.log(`${folder} is as it is here, revision ${before.revision}: nothing to do.`)
    return 0
  }
  const revision = revisionOf(house)
  const plan = planAt(revision)
  requireWritable([
    path.join(project, 'package.json'),
    ...[...plan.keys()].map((file) => path.join(folder, file)),
  ])
  const changes = compareCopy(folder, plan)
  if (changes.refused.length > 0 && !isForced) {
    console.error(
      `Nothing was written: these files in ${folder} were changed there.\n  ${changes.refused.join('\n  ')}\nSee what changed here: npm run copy diff ${card.name} ${project}\nWrite over them: npm run copy ${card.name} ${project} -- --force`,
    )
    return 1
  }
  if (!isDryRun) {
    writeCopy(folder, plan, card.name, revision)
    addNeeds(project, needs)
  }
  console.log(`${isDryRun ? 'Would copy' : 'Copied'} ${card.name}, revision ${revision}, into ${folder}`)
  const rows = { '+': changes.added, '~': [...changes.updated, ...changes.refused], '-': changes.removed }
  for (const [sign, files] of Object.entries(rows)) for (const file of files) console.log(`  ${sign} ${file}`)
  for (const [name, version] of packages) console.log(`  + package.json: ${name} ${version}`)
  if (needs.isNew) console.log('  + package.json: "type": "module"')
  if (isDryRun) return 0
  const install = packages.length > 0 ? 'npm install, then read' : 'Read'
  console.log(`Next: ${install} ${path.relative(project, path.join(folder, 'README.md'))}`)
  return 0
}

function printDiff(card: PlacedCard, project: string, { into }: Options): number {
  const folder = folderOf(card, project, into)
  const record = readRecord(folder)
  if (record?.card !== card.name) throw new Error(`There is no copy of ${card.name} in ${folder}`)
  const { ownType } = needsOf(house, card, project)
  const plan = planCardCopy(house, card, { revision: record.revision, ownType })
  console.log(
    diffCopy(house, folder, plan, record) || `Nothing changed here since revision ${record.revision}.`,
  )
  return 0
}

function folderOf({ name }: PlacedCard, project: string, into?: string): string {
  const folder = path.resolve(project, into || path.join('src', 'realtime', name))
  if (!folder.startsWith(project + path.sep)) throw new Error(`--into ${into} is not inside ${project}`)
  return folder
}

function isNothing(changes: Changes): boolean {
  return Object.values(changes).every((files) => files.length === 0)
}

function copyLevel(level: Level, target: string, { isDryRun }: Options): number {
  const plan = planLevelCopy(house, level.folder, path.basename(target).toLowerCase())
  const count = plan.files.length + plan.written.size
  if (isDryRun) {
    const files = [...plan.files, ...plan.written.keys()]
    console.log([`${count} files would be written into ${target}:`, ...files].join('\n  '))
    return 0
  }
  writeLevelCopy(house, plan, target)
  console.log(
    `Level ${level.number} is in ${target} (${count} files). Next:\n  cd ${target}\n  npm install\n  npm start`,
  )
  return 0
}
