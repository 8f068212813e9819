/** A start-up that cannot go on, told to the user as this one line: what is wrong and what to do about it. */
export class StartError extends Error {
  override name = 'StartError'
}
