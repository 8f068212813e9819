import path from 'node:path'
import { parseArgs } from 'node:util'
import { planLevelCopy, writeLevelCopy } from '../copy/level.ts'
import { levels } from './levels.ts'

// `npm run copy level-2 ../somewhere`: a whole level as a folder of its own. `--dry-run` says what would be written.
const house = path.join(import.meta.dirname, '..', '..')
try {
  process.exitCode = copy()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

function copy(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'dry-run': { type: 'boolean', default: false } },
  })
  const [what = '', where] = positionals
  const level = levels.find(({ number }) => what === `level-${number}`)
  if (!level || where === undefined) {
    console.error('Say which level and where to: npm run copy level-2 ../my-app')
    return 1
  }
  // npm runs in the repository; a relative path is meant from where npm was called.
  const target = path.resolve(process.env.INIT_CWD ?? '.', where)
  const plan = planLevelCopy(house, level.folder, path.basename(target).toLowerCase())
  const count = plan.files.length + plan.written.size
  if (values['dry-run']) {
    console.log(
      [`${count} files would be written into ${target}:`, ...plan.files, ...plan.written.keys()].join('\n  '),
    )
    return 0
  }
  writeLevelCopy(house, plan, target)
  console.log(
    `Level ${level.number} is in ${target} (${count} files). Next:\n  cd ${where}\n  npm install\n  npm start`,
  )
  return 0
}
