import { type Exercise, readReadme } from './exercise.ts'

/** The sections that every exercise's README has, in this order. */
export const SECTIONS = [
  'What breaks now',
  'Your task',
  'What is checked',
  'Hints',
  'Where the level does it',
] as const

export interface Lesson {
  /** The text below each heading, as Markdown. */
  sections: Record<(typeof SECTIONS)[number], string>
  /** The hints without their `<details>`, in order: the last is nearly the solution. */
  hints: string[]
}

/** Reads an exercise's README. Throws if a section is missing, or in another place. */
export function readLesson(exercise: Exercise): Lesson {
  const parts = readReadme(exercise)
    .split(/^## (.+)\n/m)
    .slice(1)
  const headings = parts.filter((_part, index) => index % 2 === 0)
  if (headings.join() !== SECTIONS.join()) {
    throw new Error(`${exercise.slug}/README.md must have the sections ${SECTIONS.join(', ')}, in this order`)
  }
  const texts = parts.filter((_part, index) => index % 2 === 1).map((text) => text.trim())
  const sections = Object.fromEntries(
    SECTIONS.map((name, index) => [name, texts[index]]),
  ) as Lesson['sections']
  const hints = [...sections.Hints.matchAll(/<summary>.*?<\/summary>\n(.*?)<\/details>/gs)]
  return { sections, hints: hints.map(([, text = '']) => text.trim()) }
}
