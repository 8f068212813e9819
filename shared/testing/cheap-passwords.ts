/**
 * From now on a password costs the servers that this process starts 5 ms of processor time, in place of 0.3 s: for tests
 * that sign up many people, and try something else.
 */
export function cheapPasswords(): void {
  process.env.NODE_OPTIONS = `--import ${import.meta.resolve('./cheap-scrypt.js')}`
}
