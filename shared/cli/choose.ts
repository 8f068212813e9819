import { createInterface } from 'node:readline/promises'
import { type Level, levels } from './levels.ts'

/**
 * Asks which level to start, until the answer is one; nothing but Enter means level 1.
 * Returns undefined when the user leaves (Ctrl-C, Ctrl-D).
 */
export async function askForLevel(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<Level | undefined> {
  for (const { number, title } of levels) output.write(`  ${number}  ${title}\n`)
  const terminal = createInterface({ input, output })
  const left = new Promise<undefined>((resolve) => {
    terminal.once('close', () => resolve(undefined))
  })
  try {
    while (true) {
      const answer = await Promise.race([terminal.question('Which level? [1] '), left])
      if (answer === undefined) return undefined
      const chosen = findLevel(answer.trim() || '1')
      if (chosen) return chosen
      output.write('Type 1, 2, 3 or 4, and Enter.\n')
    }
  } finally {
    terminal.close()
  }
}

export function findLevel(text: string): Level | undefined {
  return levels.find(({ number }) => String(number) === text)
}
