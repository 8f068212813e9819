import path from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { type CardCopy, NODE_TYPES, rewriteImports } from './card.ts'
import { textAt } from './revision.ts'
import { type CopyRecord, readIfThere, sha256 } from './write-card.ts'

/** What changed here since a copy was made, as a unified diff; empty when nothing did. What was changed there is not in it. */
export function diffCopy(house: string, folder: string, copy: CardCopy, record: CopyRecord): string {
  const parts: string[] = []
  for (const file of new Set([...Object.keys(record.files), ...copy.keys()])) {
    const now = copy.get(file)?.text ?? ''
    const written = record.files[file]
    if (written?.sha256 === sha256(now)) continue
    const { text: before, isSure } = textAsCopied(house, folder, file, copy, record)
    const note = isSure ? '' : `${file} was changed there, too: what follows holds both.\n`
    parts.push(note + createTwoFilesPatch(`copied/${file}`, `now/${file}`, before, now))
  }
  return parts.join('\n')
}

/** The text that the copy had: what is there, if nobody changed it, else what the repository had at that revision. */
function textAsCopied(
  house: string,
  folder: string,
  file: string,
  copy: CardCopy,
  { files, revision }: CopyRecord,
): { text: string; isSure: boolean } {
  const written = files[file]
  if (!written) return { text: '', isSure: true }
  const there = readIfThere(path.join(folder, file)) ?? ''
  if (sha256(there) === written.sha256) return { text: there, isSure: true }
  const source = written.source && textAt(house, revision, written.source)
  if (source && written.source) {
    const places = new Map(
      Object.entries(files).flatMap(([place, { source }]) =>
        source ? [[path.join(house, source), place] as const] : [],
      ),
    )
    const head = copy.get(file)?.text.startsWith(NODE_TYPES) ? NODE_TYPES : ''
    const text = head + rewriteImports(source, path.join(house, written.source), house, file, places)
    if (sha256(text) === written.sha256) return { text, isSure: true }
  }
  return { text: there, isSure: false }
}
