import { pageConfig } from '../shared/server/vite.ts'

// The level's own server serves the page with this. `npx vite` in this folder serves it beside a server that runs.
export default pageConfig(import.meta.dirname, { port: 3010, paths: ['^/ws$', '^/notify$', '^/healthz$'] })
