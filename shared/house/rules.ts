import type { Graph } from './graph.ts'

/** A rule of the house: gives what breaks it, one line each, as in `a.ts → b.ts`. */
export type Rule = (graph: Graph) => string[]

/** What level 4 may know of level 3: its doors, and in tests what makes a server and people. */
const DOORS = /^level-3-[^/]+\/(src\/doors\.ts|client\/(index\.ts|style\.css)|test\/support\/index\.ts)$/
/** Says what a file is part of: a level's number, or nothing. */
const levelOf = (file: string) => /^level-(\d)/.exec(file)?.[1]
const chapterOf = (file: string) => /^(level-[34]-[^/]+\/src\/[^/]+)\//.exec(file)?.[1]
/** Exercises hold single files that stand for themselves; checks of theirs use what they like. */
const isExercise = (file: string) => file.includes('/exercises/')

/** Levels stand on `shared/` alone; only level 4 is made of another level, and knows only its doors. */
export const levelsStandAlone: Rule = (graph) =>
  edges(graph, (from, to) => {
    const level = levelOf(to)
    if (level === undefined || isExercise(from)) return true
    // Experiments and tests of what all levels have in common know the levels.
    if (levelOf(from) === level || /^promises\/|^shared\/.*\.test\.ts$/.test(from)) return true
    return levelOf(from) === '4' && level === '3' && DOORS.test(to)
  })

/** A chapter is read alone: it imports no other. What they share stands beside them, in `src/`. */
export const chaptersStandAlone: Rule = (graph) =>
  edges(graph, (from, to) => {
    const chapter = chapterOf(from)
    return chapter === undefined || chapterOf(to) === undefined || chapterOf(to) === chapter
  })

/** Of a server, a page knows its contract: `src/events.ts`. */
export const pagesKnowTheContractOnly: Rule = (graph) =>
  edges(graph, (from, to) => {
    if (!/^level-\d-[^/]+\/client\//.test(from)) return true
    return !/^level-\d-[^/]+\/(src|dev)\//.test(to) || to.endsWith('/src/events.ts')
  })

/** Servers of a level import nothing of their development tools, tests or benchmarks; pages neither. */
export const productIsNoTool: Rule = (graph) =>
  edges(graph, (from, to) => {
    if (!/^level-\d-[^/]+\/(src|client)\//.test(from)) return true
    return !/^level-\d-[^/]+\/(test|bench|cards|exercises)\/|^shared\/(testing|bench|cli)\//.test(to)
  })

/** No file imports itself, over however many others. Gives each circle once. */
export const noCircles: Rule = (graph) => {
  const circles: string[] = []
  const done = new Set<string>()
  const visit = (file: string, way: string[]) => {
    const start = way.indexOf(file)
    if (start >= 0) circles.push([...way.slice(start), file].join(' → '))
    if (start >= 0 || done.has(file)) return
    for (const next of graph.get(file) ?? []) visit(next, [...way, file])
    done.add(file)
  }
  for (const file of graph.keys()) visit(file, [])
  return circles
}

/** The hearts: of its own chapter, one imports only what things are called and how they are stored. */
export const heartsAreBare =
  (hearts: readonly string[]): Rule =>
  (graph) =>
    edges(graph, (from, to) => {
      if (!hearts.includes(from) || chapterOf(to) !== chapterOf(from)) return true
      return /\/(models|model|shapes|types|message)\.ts$/.test(to)
    })

/** Each package that a file imports is in the package.json it belongs to, given the names there by folder. */
export const importsAreDeclared =
  (declared: ReadonlyMap<string, ReadonlySet<string>>): Rule =>
  (graph) =>
    edges(graph, (from, to) => {
      if (from.endsWith('.test.ts') && from.startsWith('shared/copy/')) return true // texts that look like imports
      if (graph.has(to) || /^(node:|\.|\$\{)/.test(to) || isExercise(from)) return true // ${: a program that is written
      // A page's public folder and files that no import finds are no packages.
      if (to.includes('.') && to.includes('/') && !to.startsWith('@')) return true
      const folders = [...declared.keys()].filter((dir) => dir === '' || from.startsWith(`${dir}/`))
      return folders.some((dir) => declared.get(dir)?.has(to))
    })

function edges(graph: Graph, isFine: (from: string, to: string) => boolean): string[] {
  return [...graph].flatMap(([from, all]) =>
    all.filter((to) => !isFine(from, to)).map((to) => `${from} → ${to}`),
  )
}
