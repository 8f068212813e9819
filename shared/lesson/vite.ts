import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Plugin } from 'vite'
import { levels } from '../cli/levels.ts'

/** The id of the page that Vite serves and builds as `/lesson`. There is no such file: it is made of the README. */
const PAGE = 'lesson.html'
const SCRIPT = path.join(import.meta.dirname, '..', 'client', 'lesson', 'page.ts')

/** Serves and builds the README of the level in `levelDir` as the page `/lesson`. */
export function lessonPage(levelDir: string): Plugin {
  let page = ''
  return {
    name: 'lesson-page',
    configResolved: ({ root }) => {
      page = path.join(root, PAGE)
    },
    resolveId: (id) => (id === page || id === `/${PAGE}` ? page : id === '/@lesson.ts' ? SCRIPT : undefined),
    load: (id) => (id === page ? lessonHtml(levelDir) : undefined),
    // Ahead of Vite's own middlewares, for which /lesson is client/lesson.ts without its ending.
    configureServer(server) {
      server.middlewares.use(async (req, res, next) => {
        const { pathname } = new URL(req.originalUrl ?? '/', 'http://localhost')
        if (pathname !== '/lesson') return next()
        try {
          const html = await server.transformIndexHtml('/lesson', await lessonHtml(levelDir))
          res.setHeader('content-type', 'text/html; charset=utf-8')
          res.setHeader('cache-control', 'no-cache')
          res.end(html)
        } catch (error) {
          next(error)
        }
      })
    },
  }
}

async function lessonHtml(levelDir: string): Promise<string> {
  const { renderLesson } = await import('./render.ts') // a moment to load, and few starts need it
  const folder = path.basename(levelDir)
  const level = levels.find((one) => one.folder === folder)
  const readme = await readFile(path.join(levelDir, 'README.md'), 'utf8')
  const { title, html } = renderLesson(readme, (href) => resolveLink(href, folder))
  return page(level?.number ?? 0, title, html)
}

/** Another level's README is another level's lesson, on its own port; other files of the repository have no page. */
function resolveLink(href: string, folder: string): string | undefined {
  if (/^(?:https?:|#)/.test(href)) return href
  const [file = '', hash] = href.split('#')
  const target = path.posix.join(folder, file)
  const level = levels.find((one) => target === `${one.folder}/README.md`)
  return level && lessonUrl(level) + (hash ? `#${hash}` : '')
}

function lessonUrl({ ports }: (typeof levels)[number]): string {
  return `http://localhost:${ports.at(-1)}/lesson`
}

function page(number: number, title: string, html: string): string {
  const step = (by: number, label: string) => {
    const level = levels.find((one) => one.number === number + by)
    if (!level) return ''
    return `<a class="btn" href="${lessonUrl(level)}">${label}: level ${level.number}<small>${level.title}</small><code>npm run level-${level.number}</code></a>`
  }
  const neighbours = step(-1, 'Previous') + step(1, 'Next')
  return `<!doctype html>
<html lang="en" data-level="${number}">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Lesson · ${title}</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/style.css" />
    <script type="module" src="/@lesson.ts"></script>
  </head>
  <body class="lesson">
    <a class="skip" href="#text">Skip to the lesson</a>
    <header class="top">
      <span class="badge" aria-hidden="true">${number}</span>
      <div>
        <p class="title">Lesson</p>
        <small>${title}</small>
      </div>
      <a class="btn push" href="/">Open the page</a>
      <span id="theme"></span>
    </header>
    <main id="text">
      <nav class="contents" aria-label="In this lesson" id="contents"></nav>
      <article>${html}</article>
      <nav class="neighbours" aria-label="Other levels">${neighbours}</nav>
    </main>
  </body>
</html>
`
}
