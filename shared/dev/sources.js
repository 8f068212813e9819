const NOT_RUNNING = new Set([
  'test',
  'testing',
  'bench',
  'cli',
  'copy',
  'exercises',
  'cards',
  'node_modules',
  'dist',
])

/**
 * What has to follow a change of a file, named from the folder of its level or from `shared/`: the server starts anew,
 * the page is told by Vite, or nothing, since nothing that runs has loaded it.
 *
 * @param {string} file
 * @returns {'server' | 'page' | undefined}
 */
export function kindOfSource(file) {
  const parts = file.split(/[\\/]/)
  if (parts.some((part) => NOT_RUNNING.has(part)) || /\.test\.ts$/.test(file)) return undefined
  if (parts[0] === 'client') return 'page'
  return file.endsWith('.ts') ? 'server' : undefined
}
