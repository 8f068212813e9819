import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Card } from '../cards.ts'
import { importTypescript } from '../dev/import-typescript.js'
import { closureOf } from './imports.ts'

/** A card, and what a copy of it is made of. Paths are absolute. */
export interface PlacedCard extends Card {
  /** A program that uses it. */
  example: string
  /** The entries and what they import: all of the card but its example. */
  files: string[]
  /** Lines of these files together. */
  lines: number
  /** What only the example needs: more files of this house, and packages. */
  exampleFiles: string[]
  examplePackages: string[]
}

/** The cards of every level, in the order of levels and names. */
export async function readCards(house: string): Promise<PlacedCard[]> {
  const folders = readdirSync(house)
    .filter((name) => name.startsWith('level-'))
    .sort()
    .map((level) => path.join(house, level, 'cards'))
    .filter((dir) => existsSync(dir))
    .flatMap((dir) =>
      readdirSync(dir)
        .sort()
        .map((name) => path.join(dir, name)),
    )
  return Promise.all(
    folders.map(async (folder) => {
      const { default: card } = await importTypescript(path.join(folder, 'card.ts'))
      return placeCard(card, folder, house)
    }),
  )
}

function placeCard(card: Card, folder: string, house: string): PlacedCard {
  const example = path.join(folder, 'example.ts')
  const { files } = closureOf(
    card.entries.map((entry) => path.join(house, entry)),
    house,
  )
  const lines = files.reduce((sum, file) => sum + countLines(readFileSync(file, 'utf8')), 0)
  const known = [...card.packages.runtime, ...(card.packages.types ?? [])]
  const more = closureOf([example], house)
  const exampleFiles = more.files.filter((file) => file !== example && !files.includes(file))
  const examplePackages = [...more.packages, '@types/node'].filter((name) => !known.includes(name))
  return { ...card, example, files, lines, exampleFiles, examplePackages }
}

function countLines(text: string): number {
  return text.trimEnd().split('\n').length
}

/** What there is to take from a level, in Markdown: printed by `npm run copy`, and the section "Copy this" of its README. */
export function describeCards(cards: PlacedCard[]): string {
  return cards.map(describeCard).join('\n\n')
}

function describeCard({
  name,
  gives,
  promises,
  noPromise,
  files,
  lines,
  packages,
  ...card
}: PlacedCard): string {
  const needs = packages.runtime.length > 0 ? code(packages.runtime) : 'none'
  // To the next fifty: the list should not change with every line of code.
  const size = `${files.length} ${files.length === 1 ? 'file' : 'files'}, at most ${Math.ceil(lines / 50) * 50} lines`
  return [
    `**\`${name}\`** (${size}; packages: ${needs})`,
    '',
    gives,
    '',
    promises.length > 0 ? `- Keeps ${code(promises)}.` : `- Names no promise: ${noPromise}`,
    ...card.whenNot.map((reason) => `- Not when: ${reason}`),
  ].join('\n')
}

function code(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ')
}
