/** What is wrong with the learner's file, as a sentence to the learner. Everything else that is thrown is our own failure. */
export class Mistake extends Error {
  override name = 'Mistake'
}
