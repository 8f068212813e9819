import path from 'node:path'
import { build } from 'esbuild'
import { root } from '../testing/process.ts'
import { startsAs } from './program.ts'

/**
 * Compiles programs and pages, so that from now on plain Node starts them: a small part of the work of a start through tsx. For
 * the gate, which starts hundreds that nobody is working on. `outdir` must be nobody else's, and in `.data/compiled`:
 * there the packages are found that were bundled before (see shared/dev/packages.js), else those of the repository.
 */
export async function compilePrograms(files: string[], outdir: string): Promise<void> {
  const guard = path.join(import.meta.dirname, 'guard.ts')
  await build({
    entryPoints: [guard, ...files],
    outdir,
    outbase: root,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  })
  const compiled = (file: string) => path.join(outdir, path.relative(root, file)).replace(/\.ts$/, '.mjs')
  for (const file of files) startsAs.set(file, { guard: compiled(guard), file: compiled(file) })
}
