import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DiagnosticSeverity, Parser } from '@asyncapi/parser'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import openapiTypescript, { astToString } from 'openapi-typescript'

// Runs beside its packages (see .ci/api-documents). Code 1 when something was found.
const here = import.meta.dirname
const root = path.join(here, '..', '..')
const dataDir = mkdtempSync(path.join(tmpdir(), 'api-documents-'))
// One instance of level 4: its documents hold level 3's routes and events, too.
const server = spawn(process.execPath, ['shared/dev/program.js', 'level-4-push-scaling/src/main.ts'], {
  cwd: root,
  env: { ...process.env, PORT: '0', DATA_DIR: dataDir, METRICS_TOKEN: 'a-token-of-this-check' },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const ended = new Promise((resolve) => server.once('exit', resolve))
try {
  await check(await firstUrl())
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  server.kill()
  await ended
  rmSync(dataDir, { recursive: true })
}

/** @param {string} url */
async function check(url) {
  const openApi = await (await fetch(`${url}/api/openapi.json`)).text()
  const config = await createConfig({ extends: ['recommended'] })
  const problems = await lintFromString({ source: openApi, absoluteRef: 'openapi.json', config })
  refuse(problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`))

  const events = await (await fetch(`${url}/api/asyncapi.json`)).text()
  const { document, diagnostics } = await new Parser().parse(events)
  // All but "there is a newer AsyncAPI": 3.0 is what is meant here.
  const findings = diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version')
  refuse(findings.map(({ severity, message, path }) => `${DiagnosticSeverity[severity]}: ${message} ${path}`))
  if (!document) refuse(['the AsyncAPI document cannot be read'])

  writeFileSync(path.join(here, 'openapi.ts'), astToString(await openapiTypescript(openApi)))
  const options = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--skipLibCheck',
    '--types',
    'node',
  ]
  run([
    path.join(root, 'node_modules/typescript/bin/tsc'),
    ...options,
    '--allowImportingTsExtensions',
    'client.ts',
  ])
  run([path.join(root, 'shared/dev/program.js'), 'client.ts', url])
  console.log('OpenAPI and AsyncAPI without a finding, a generated client works')
}

/** @param {string[]} args */
function run(args) {
  const { status } = spawnSync(process.execPath, args, { cwd: here, stdio: 'inherit' })
  if (status !== 0) throw new Error(`${args.at(-1)} ended with code ${status}`)
}

/** @param {string[]} findings */
function refuse(findings) {
  if (findings.length > 0) throw new Error(findings.join('\n'))
}

/** @returns {Promise<string>} */
function firstUrl() {
  let said = ''
  return new Promise((resolve, reject) => {
    server.stdout.setEncoding('utf8').on('data', (text) => {
      said += text
      const [found] = /http:\/\/\S+/.exec(said) ?? []
      if (found) resolve(found)
    })
    server.once('exit', (code) => reject(new Error(`the server ended with code ${code}`)))
  })
}
