/** Tries one file in a process of its own, started by check-apart.ts with an exercise's id, the file and its name. */
import { tryFile } from './attempt.ts'
import { findExercises } from './exercise.ts'
import './guard.ts'

const [id, file = '', shown = ''] = process.argv.slice(2)
const exercise = findExercises().find((each) => each.id === id)
if (!exercise) throw new Error(`There is no exercise ${id}.`)

process.send?.({ turning: true })
const outcome = await tryFile(exercise, file, shown)
process.send?.({ outcome }, () => process.exit())
