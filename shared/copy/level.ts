import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { closureOf } from './imports.ts'
import { revisionOf } from './revision.ts'
import { requireWritable } from './write-card.ts'

/** What a copy is made of, before anything is written. Paths are from the root of the repository. */
export interface LevelCopy {
  files: string[]
  /** Files that are written anew for the copy, with their text. */
  written: Map<string, string>
}

interface Manifest {
  scripts?: Record<string, string>
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  [key: string]: unknown
}

/** Of a level's folder: what is made by tools, and what belongs to the course rather than to the level. */
const LEFT_OUT = new Set(['node_modules', 'dist', 'exercises', 'cards', 'bench'])
/** What no import leads to: how a level is started, tested and built. */
const TOOLS = [
  'shared/cli/start.js',
  'shared/cli/test.js',
  'shared/cli/build.ts',
  'shared/dev/ahead.js',
  'shared/dev/program.js',
]
const ROOT_FILES = [
  'LICENSE',
  '.gitignore',
  '.nvmrc',
  'tsconfig.json',
  'vitest.config.ts',
  'package-lock.json',
]
/** For a level with a Dockerfile. */
const DOCKER_FILES = ['docker-compose.yml', '.dockerignore', '.env.example']
const ALWAYS = ['tsx', 'typescript', 'vitest', '@types/node']

/**
 * One level as a folder of its own: the level, and what it needs of `shared/` and of the level that it is made of, in the
 * same places as here. `name` is the new package's.
 */
export function planLevelCopy(house: string, folder: string, name: string): LevelCopy {
  const level = listFiles(path.join(house, folder))
  const code = level.filter((file) => /\.([cm]?[jt]s|css|html)$/.test(file))
  const { files: imported, packages } = closureOf(
    [...code, ...TOOLS.map((file) => path.join(house, file))],
    house,
  )
  const all = [...new Set([...level, ...imported])].map((file) =>
    path.relative(house, file).replaceAll(path.sep, '/'),
  )

  const workspaces = packagesOf(house).filter((dir) => all.some((file) => file.startsWith(`${dir}/`)))
  const isNeeded = (dependency: string) =>
    packages.includes(dependency) ||
    ALWAYS.includes(dependency) ||
    packages.some((one) => dependency === `@types/${one.replace(/^@/, '').replace('/', '__')}`) ||
    workspaces.some((dir) => readManifest(house, dir).name === dependency)

  const written = new Map<string, string>()
  for (const dir of workspaces) {
    written.set(`${dir}/package.json`, toText(only(readManifest(house, dir), isNeeded)))
    const tsconfig = `${dir}/tsconfig.json`
    if (existsSync(path.join(house, tsconfig)) && !all.includes(tsconfig)) all.push(tsconfig)
  }
  written.set('package.json', toText(rootManifest(house, name, workspaces, isNeeded)))
  written.set('README.md', readme(house, folder))
  const dockerfile = `${folder}/Dockerfile`
  const isDocked = all.includes(dockerfile)
  const rootFiles = [...ROOT_FILES, ...(isDocked ? DOCKER_FILES : [])]
  const files = [...new Set([...all, ...rootFiles.filter((file) => existsSync(path.join(house, file)))])]
  if (isDocked) written.set(dockerfile, dockerfileOf(house, dockerfile, [...files, ...written.keys()]))
  return { files: files.filter((file) => !written.has(file)).sort(), written }
}

/** The same image, without copying what is not there. */
function dockerfileOf(house: string, dockerfile: string, files: string[]): string {
  const lines = readFileSync(path.join(house, dockerfile), 'utf8').split('\n')
  const isThere = (source: string) => files.some((file) => file === source || file.startsWith(`${source}/`))
  return lines
    .filter((line) => {
      const [, source] = /^COPY (?!--)(\S+)/.exec(line) ?? []
      return source === undefined || isThere(source)
    })
    .join('\n')
}

/** Writes a copy into `target`. Throws when something is there already, or it cannot be written; then nothing is written. */
export function writeLevelCopy(house: string, { files, written }: LevelCopy, target: string): void {
  requireWritable([...files, ...written.keys()].map((file) => path.join(target, file)))
  if (existsSync(target) && readdirSync(target).length > 0) {
    throw new Error(`${target} is not empty: name a new folder`)
  }
  for (const file of files) cpSync(path.join(house, file), path.join(target, file))
  for (const [file, text] of written) {
    mkdirSync(path.dirname(path.join(target, file)), { recursive: true })
    writeFileSync(path.join(target, file), text)
  }
}

function listFiles(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    if (LEFT_OUT.has(entry.name)) return []
    const file = path.join(dir, entry.name)
    return entry.isDirectory() ? listFiles(file) : [file]
  })
}

function packagesOf(house: string): string[] {
  return readManifest(house, '').workspaces as string[]
}

function readManifest(house: string, dir: string): Manifest {
  return JSON.parse(readFileSync(path.join(house, dir, 'package.json'), 'utf8'))
}

function only(manifest: Manifest, isNeeded: (dependency: string) => boolean): Manifest {
  const { bench: _benchmarks, ...scripts } = manifest.scripts ?? {}
  const kept: Manifest = { ...manifest, scripts }
  for (const kind of ['dependencies', 'devDependencies'] as const) {
    if (manifest[kind]) {
      kept[kind] = Object.fromEntries(Object.entries(manifest[kind]).filter(([name]) => isNeeded(name)))
    }
  }
  return kept
}

function rootManifest(
  house: string,
  name: string,
  workspaces: string[],
  isNeeded: (dependency: string) => boolean,
): Manifest {
  const root = only(readManifest(house, ''), isNeeded)
  const { license, type, engines, devDependencies, allowScripts } = root
  const scripts = {
    postinstall: root.scripts?.postinstall ?? '',
    start: 'node shared/cli/start.js',
    test: 'node shared/cli/test.js',
    build: 'node shared/dev/program.js shared/cli/build.ts',
  }
  return {
    name,
    version: '1.0.0',
    private: true,
    license,
    type,
    engines,
    workspaces,
    scripts,
    devDependencies,
    allowScripts,
  }
}

function readme(house: string, folder: string): string {
  const { description } = readManifest(house, folder)
  const docker = existsSync(path.join(house, folder, 'Dockerfile'))
    ? '\nAfter `npm install`, `docker compose up --build` runs it in containers.\n'
    : ''
  return `# ${description}

Taken out of "Realtime, level by level", revision ${revisionOf(house)}. The lesson is ${folder}/README.md. Exercises, cards
and benchmarks stayed there.

\`\`\`sh
npm install
npm start
npm test
\`\`\`
${docker}`
}

function toText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`
}
