import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { findPromise } from '@levels/promises/promises.ts'
import type { PlacedCard } from './cards.ts'
import { importsIn, resolveOwn } from './imports.ts'

/** TypeScript's own default (`tsc --init`) takes no types but those that a file asks for. */
export const NODE_TYPES = '/// <reference types="node" />\n'

/** One file of a copy. */
export interface CopiedFile {
  /** Where it comes from, from the root of the repository; undefined when it is written for the copy. */
  source?: string
  text: string
}

/** What a copy is made of: paths inside its folder (with `/`), and the files there. */
export type CardCopy = Map<string, CopiedFile>

/** The files of a card as they will stand in a project of somebody else, README included. */
export function planCardCopy(
  house: string,
  card: PlacedCard,
  { revision, ownType }: { revision: string; ownType: boolean },
): CardCopy {
  const places = placesOf(house, card)
  const copy: CardCopy = new Map()
  for (const [file, place] of places) {
    const isEntry = card.entries.some((entry) => path.join(house, entry) === file)
    const typed = file === card.example || (isEntry && card.packages.types?.includes('@types/node'))
    const text = readFileSync(file, 'utf8')
    const rewritten = rewriteImports(text, file, house, place, places)
    copy.set(place, {
      source: toSlashes(path.relative(house, file)),
      text: (typed ? NODE_TYPES : '') + rewritten,
    })
  }
  if (ownType) copy.set('package.json', { text: '{ "type": "module" }\n' })
  copy.set('README.md', { text: readme(card, [...copy.keys()], revision) })
  return copy
}

/** Where each file goes: those of the card's own package at the top, others in a folder named after theirs. */
function placesOf(house: string, card: PlacedCard): Map<string, string> {
  const [first = ''] = card.entries
  const own = packageDir(path.join(house, first), house)
  const groups = new Map<string, string[]>()
  for (const file of [...card.files, ...card.exampleFiles]) {
    const dir = packageDir(file, house)
    groups.set(dir, [...(groups.get(dir) ?? []), file])
  }
  const places = new Map([[card.example, 'example.ts']])
  for (const [dir, files] of groups) {
    const names = files.map((file) => path.basename(file))
    const isFlat = new Set(names).size === names.length
    const base = commonDir(files)
    for (const file of files) {
      const inside = isFlat ? path.basename(file) : toSlashes(path.relative(base, file))
      places.set(file, dir === own ? inside : `${path.basename(dir)}/${inside}`)
    }
  }
  return places
}

/** The folder of the package that a file belongs to: `shared`, `shared/embedded/mongo`, a level's. */
function packageDir(file: string, house: string): string {
  let dir = path.dirname(file)
  while (dir !== house && !existsSync(path.join(dir, 'package.json'))) dir = path.dirname(dir)
  return dir
}

function commonDir([first = '', ...others]: string[]): string {
  let dir = path.dirname(first)
  while (!others.every((file) => file.startsWith(dir + path.sep))) dir = path.dirname(dir)
  return dir
}

/** The text of `file` as it stands at `place` in the copy: imports of the house's own lead to their own `places` there. */
export function rewriteImports(
  text: string,
  file: string,
  house: string,
  place: string,
  places: Map<string, string>,
): string {
  let rewritten = text
  for (const name of importsIn(file, text)) {
    const imported = resolveOwn(name, file, house)
    if (!imported) continue
    const better = relative(place, places.get(imported) ?? imported)
    rewritten = rewritten.replaceAll(`'${name}'`, `'${better}'`).replaceAll(`"${name}"`, `"${better}"`)
  }
  return rewritten
}

/** The import of `to` as `from` writes it: `../shared/http.js`. `.js` is right for Node, bundlers and tsx. */
function relative(from: string, to: string): string {
  const there = path.posix.relative(path.posix.dirname(from), to).replace(/\.ts$/, '.js')
  return there.startsWith('.') ? there : `./${there}`
}

function toSlashes(file: string): string {
  return file.replaceAll(path.sep, '/')
}

function readme(card: PlacedCard, files: string[], revision: string): string {
  const promises = card.promises.map((id) => `- \`${id}\`: ${findPromise(id)?.says}`)
  return `# ${card.name}

${card.gives}

Copied from "Realtime, level by level", level ${card.level}, revision ${revision}. \`example.ts\` is a whole server or program
that uses it; nothing else needs it.

## Wiring

\`\`\`ts
${card.wiring}
\`\`\`

## What it promises

${promises.length > 0 ? `Tried with \`npm run prove ${card.level}\` on \`example.ts\`:\n\n${promises.join('\n')}` : `It names no promise: ${card.noPromise}`}

## When not

${card.whenNot.map((reason) => `- ${reason}`).join('\n')}

## Files

${files.map((file) => `- \`${file}\``).join('\n')}

What changed there since: \`npm run copy diff ${card.name} <this project>\`, in the repository of the levels.
`
}
