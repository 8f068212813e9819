import { createRequire } from 'node:module'
import path from 'node:path'
import express, { type Router } from 'express'

/** Swagger UI's files are served as they are; nothing of it is imported here. */
const SWAGGER_UI = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))

const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const page = (title: string) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <link rel="icon" type="image/png" href="/api-docs/favicon-32x32.png">
    <link rel="stylesheet" href="/api-docs/swagger-ui.css">
    <script src="/api-docs/swagger-ui-bundle.js" defer></script>
    <script src="/api-docs/start.js" defer></script>
  </head>
  <body><div id="docs"></div></body>
</html>
`

/** A file of its own, since the page's policy runs no inline script. Deep links into it survive a reload. */
const start = `SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#docs', deepLinking: true })
`

/** `/api/openapi.json`, and `/api-docs` to browse it with Swagger UI, everything from this server. */
export function docsRouter(document: object, title: string): Router {
  const router = express.Router()
  router.get('/api/openapi.json', (_req, res) => void res.json(document))
  router.use('/api-docs', (_req, res, next) => {
    res.setHeader('content-security-policy', CSP)
    next()
  })
  router.get('/api-docs', (_req, res) => void res.type('html').send(page(title)))
  router.get('/api-docs/start.js', (_req, res) => void res.type('js').send(start))
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']) {
    router.get(`/api-docs/${file}`, (_req, res) => res.sendFile(path.join(SWAGGER_UI, file)))
  }
  return router
}
