import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile } from './compile.js'
import { bundlePackages } from './packages.js'
import { typescriptArguments } from './typescript.js'

// `npm install` ends with this: what a level's start needs on a Node that cannot run TypeScript is made ahead. Without it
// (--ignore-scripts, --omit=dev) levels start all the same, only later.
const root = fileURLToPath(new URL('../..', import.meta.url))
const programs = readdirSync(root)
  .filter((name) => /^level-\d-/.test(name))
  .flatMap((level) => {
    const dev = path.join(root, level, 'dev')
    const processes = existsSync(dev)
      ? readdirSync(dev).filter((name) => /^cluster|-process\.ts$/.test(name))
      : []
    return ['src/main.ts', 'vite.config.ts', ...processes.map((name) => `dev/${name}`)].map((file) =>
      path.join(root, level, file),
    )
  })
  .filter(existsSync)
if (typescriptArguments.length > 0) {
  try {
    await bundlePackages()
    await Promise.all(programs.map(compile))
  } catch (error) {
    console.warn(`Nothing is compiled ahead (${error}): each level's first start does it`)
  }
}
