import { createRequire } from 'node:module'
import type { AnyObject, Options } from 'mingo/types'

/** Computes an operator's value; `options` is handed on to `evaluate`. */
export type Operator = (document: AnyObject, operand: unknown, options: Options) => unknown
type Evaluate = (document: unknown, expression: unknown, options: Options) => unknown

// mingo is half of what this server takes to start, and few queries have expressions: it is loaded with the
// first that does.
const require = createRequire(import.meta.url)
let evaluator: Evaluate | undefined

/** mingo's evaluator of expressions: those operators that it has are the ones in the options. */
export const evaluate: Evaluate = (document, expression, options) => {
  evaluator ??= (require('mingo/core') as { evalExpr: Evaluate }).evalExpr
  return evaluator(document, expression, options)
}

/** The operators of mingo that do what MongoDB does. */
export const MINGO_OPERATORS = [
  '$add',
  '$subtract',
  '$multiply',
  '$divide',
  '$and',
  '$or',
  '$cond',
  '$ifNull',
  '$switch',
]

/** Options with an explicit list of operators: mingo's good ones and `own`, no others. */
export function createOptions(own: { [name: string]: Operator }): Options {
  const { Context, ProcessingMode } = require('mingo/core') as typeof import('mingo/core')
  const modules = ['arithmetic', 'boolean', 'conditional'].map((name) =>
    require(`mingo/operators/expression/${name}`),
  )
  const all = Object.assign({}, ...modules) as { [name: string]: Operator }
  const expression = { ...Object.fromEntries(MINGO_OPERATORS.map((name) => [name, all[name]])), ...own }
  return {
    context: Context.init({ expression: expression as { [name: string]: Operator } }),
    idKey: '_id',
    processingMode: ProcessingMode.CLONE_OFF,
    useStrictMode: true,
    scriptEnabled: false,
    failOnError: true,
  }
}
