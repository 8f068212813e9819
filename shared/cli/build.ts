import { existsSync } from 'node:fs'
import path from 'node:path'
import { build } from 'vite'
import { readPageConfig } from '../server/vite.ts'
import { levels } from './levels.ts'

// `npm run build`: every level's page into its dist/, which NODE_ENV=production serves.
for (const level of levels) {
  if (!existsSync(path.join(level.dir, 'client', 'index.html'))) continue
  await build(await readPageConfig(level.dir))
  console.log(`built ${level.folder}/dist`)
}
