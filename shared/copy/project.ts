import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { PlacedCard } from './cards.ts'

interface Manifest {
  type?: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

/** What a project's package.json needs for a card: nothing that it has already is touched. */
export interface Needs {
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  /** Whether `"type": "module"` is to be written: only a project without any code of its own gets it. */
  isNew: boolean
  /** Whether the copy's own folder has to say that it holds ES modules, because the project says otherwise. */
  ownType: boolean
}

/** Throws when there is no package.json, or none that can be read. */
export function needsOf(house: string, card: PlacedCard, project: string): Needs {
  const manifest = readProject(project)
  const there = { ...manifest.dependencies, ...manifest.devDependencies }
  const versions = versionsOf(house, card.level)
  const missing = (names: readonly string[]) =>
    Object.fromEntries(
      names
        .filter((name) => !(name in there))
        .map((name) => {
          const version = versions.get(name)
          if (!version)
            throw new Error(`The card ${card.name} needs ${name}, and no package.json here names it`)
          return [name, version]
        }),
    )
  const typed = [...(card.packages.types ?? []), ...card.examplePackages]
  const isModule = manifest.type === 'module'
  const isNew = !isModule && !hasCode(project)
  return {
    dependencies: missing(card.packages.runtime),
    devDependencies: missing(typed),
    isNew,
    ownType: !isModule && !isNew,
  }
}

/** Adds to package.json what is missing there; does not touch it when nothing is. */
export function addNeeds(project: string, { dependencies, devDependencies, isNew }: Needs): void {
  const file = path.join(project, 'package.json')
  const manifest = readProject(project)
  const added: Manifest = { ...manifest }
  if (isNew) added.type = 'module'
  for (const [kind, more] of Object.entries({ dependencies, devDependencies })) {
    if (Object.keys(more).length === 0) continue
    const all = { ...manifest[kind as 'dependencies' | 'devDependencies'], ...more }
    added[kind as 'dependencies' | 'devDependencies'] = Object.fromEntries(Object.entries(all).sort())
  }
  const text = `${JSON.stringify(added, null, 2)}\n`
  if (JSON.stringify(added) !== JSON.stringify(manifest)) writeFileSync(file, text)
}

function readProject(project: string): Manifest {
  const file = path.join(project, 'package.json')
  if (!existsSync(file)) throw new Error(`${project} has no package.json: run "npm init -y" there first`)
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`)
  }
}

/** The versions that the house itself uses: the level's first, then those of every other package here. */
function versionsOf(house: string, level: number): Map<string, string> {
  const read = (dir: string) => JSON.parse(readFileSync(path.join(house, dir, 'package.json'), 'utf8'))
  const places: string[] = ['', ...read('').workspaces]
  places.sort((a, b) => Number(b.startsWith(`level-${level}`)) - Number(a.startsWith(`level-${level}`)))
  const versions = new Map<string, string>()
  for (const place of places) {
    const { dependencies, devDependencies } = read(place)
    for (const [name, version] of Object.entries({ ...devDependencies, ...dependencies })) {
      if (!versions.has(name)) versions.set(name, version as string)
    }
  }
  return versions
}

function hasCode(dir: string): boolean {
  return readdirSync(dir, { withFileTypes: true }).some((entry) => {
    if (entry.name === 'node_modules' || entry.name.startsWith('.')) return false
    return entry.isDirectory() ? hasCode(path.join(dir, entry.name)) : /\.[cm]?[jt]sx?$/.test(entry.name)
  })
}
