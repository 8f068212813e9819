import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const src = path.join(import.meta.dirname, '..', 'src')

/** `import a, { b, type C } from 'package'`, of packages only; `import type …` is gone when it runs. */
const IMPORT = /^import (?!type\b)([^'"]*?) from '([^.'][^']*)'$/gm

it('imports from packages what plain Node finds there, too: tsx is more forgiving with CommonJS', async () => {
  const files = (await readdir(src, { recursive: true })).filter((file) => file.endsWith('.ts'))
  const wanted = new Set<string>()
  for (const file of files) {
    const source = await readFile(path.join(src, file), 'utf8')
    for (const [, clause = '', from = ''] of source.matchAll(IMPORT)) {
      const [, whole, list = ''] = /^([\w* ]*),?\s*(?:\{([^}]*)\})?$/.exec(clause.trim()) ?? []
      const names = list.split(',').map((name) => name.trim().split(' as ')[0] ?? '')
      if (whole && !whole.startsWith('*')) names.push('default')
      for (const name of names) {
        if (name && !name.startsWith('type ') && !from.startsWith('@levels/')) wanted.add(`${name} ${from}`)
      }
    }
  }
  expect([...wanted]).toEqual(
    expect.arrayContaining(['default jsonwebtoken', 'RateLimiterMongo rate-limiter-flexible']),
  )

  const module = [...wanted].map((one, index) => {
    const [name, from] = one.split(' ')
    return `import { ${name} as import${index} } from '${from}'`
  })
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', module.join('\n')], {
    cwd: src,
  })
  await expect(run).resolves.toMatchObject({ stderr: '' })
}, 60_000)
