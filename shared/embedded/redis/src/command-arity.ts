import { error } from './resp-encoder.ts'

/** Arity as Redis counts it: all parts of the command with its name, negative means "at least". */
export function hasArity(arity: number, count: number): boolean {
  return arity < 0 ? count >= -arity : count === arity
}

/** `name` is `publish`, or `client|setname` for a subcommand. */
export function wrongArity(name: string): Buffer {
  return error(`ERR wrong number of arguments for '${name}' command`)
}
