import { createRequire } from 'node:module'
import path from 'node:path'
import express, { type Router } from 'express'

const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']

const page = (title: string, hasEvents: boolean) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <link rel="icon" type="image/png" href="/api-docs/favicon-32x32.png">
    <link rel="stylesheet" href="/api-docs/swagger-ui.css">
    <script src="/api-docs/swagger-ui-bundle.js" defer></script>
    <script src="/api-docs/start.js" type="module"></script>
  </head>
  <body>
    <div id="docs"></div>
${hasEvents ? '    <div id="events" class="swagger-ui"></div>\n' : ''}  </body>
</html>
`

/** A file of its own, since the page's policy runs no inline script. Deep links into it survive a reload. */
const start = `SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#docs', deepLinking: true })

const events = document.querySelector('#events')
if (events) {
  const { operations, components } = await (await fetch('/api/asyncapi.json')).json()
  const wrapper = element('div', { className: 'wrapper' }, element('h2', {}, 'Socket events (', link(), ')'))
  for (const [action, says] of [['send', 'The server sends'], ['receive', 'The page sends']]) {
    wrapper.append(element('h3', {}, says))
    for (const operation of Object.values(operations).filter((one) => one.action === action)) {
      const { name, payload } = components.messages[operation.messages[0].$ref.split('/').at(-1)]
      const schema = element('pre', {}, JSON.stringify(payload, null, 2))
      wrapper.append(element('details', {}, element('summary', {}, element('code', {}, name)), schema))
    }
  }
  events.append(wrapper)
}

function link() {
  return element('a', { href: '/api/asyncapi.json' }, 'AsyncAPI 3.0')
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children)
  return made
}
`

export interface Docs {
  title: string
  /** Each makes its document, when somebody asks for it. */
  openApi: () => object
  asyncApi?: (() => object) | undefined
}

/**
 * `/api/openapi.json` and `/api/asyncapi.json`, and `/api-docs` to browse both, with Swagger UI. Everything comes from
 * this server, and Swagger UI's files are looked for only when somebody asks for them.
 */
export function docsRouter({ title, openApi, asyncApi }: Docs): Router {
  const router = express.Router()
  const documents = { '/api/openapi.json': openApi, '/api/asyncapi.json': asyncApi }
  for (const [url, make] of Object.entries(documents)) {
    if (make) router.get(url, (_req, res) => void res.json(make()))
  }
  router.use('/api-docs', (_req, res, next) => {
    res.setHeader('content-security-policy', CSP)
    next()
  })
  router.get('/api-docs', (_req, res) => void res.type('html').send(page(title, asyncApi !== undefined)))
  router.get('/api-docs/start.js', (_req, res) => void res.type('js').send(start))
  for (const file of FILES) {
    // With `root`: an absolute path below a folder whose name starts with a dot would be refused.
    router.get(`/api-docs/${file}`, (_req, res) => res.sendFile(file, { root: swaggerUi() }))
  }
  return router
}

function swaggerUi(): string {
  return path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
}
