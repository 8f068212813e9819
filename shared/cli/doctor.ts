import {
  checkBrowser,
  checkDocker,
  checkMongo,
  checkNode,
  checkPort,
  checkRedis,
  type Finding,
} from './checks.ts'
import { levels } from './levels.ts'

// `npm run doctor`: what this machine has, what each thing is needed for, and how to get what is not there.
const findings = await Promise.all([
  checkNode(process.versions.node),
  ...levels.flatMap(({ number, ports }) => ports.map((port) => checkPort(port, `level ${number}`))),
  checkBrowser(),
  checkRedis(process.env),
  checkMongo(process.env),
  checkDocker(),
])
for (const finding of findings) console.log(describe(finding))

const isFatal = findings.some(({ state }) => state === 'fatal')
console.log(isFatal ? '\nNothing runs here yet.' : '\nEvery level runs here: npm start')
if (isFatal) process.exitCode = 1

function describe({ name, state, what, neededFor, cure }: Finding): string {
  const mark = { there: '+', missing: '-', fatal: '!' }[state]
  const help = state === 'there' ? '' : `\n${' '.repeat(14)}→ ${cure}`
  return `${mark} ${name.padEnd(10)}  ${what}; for ${neededFor}${help}`
}
