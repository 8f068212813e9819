/**
 * Many ask a database the same kind of question at once, about different keys. Here one query is under way at a time, and who
 * asks meanwhile shares the next one. That begins after all of them asked, so no answer is older than its question, as one
 * from a cache would be.
 *
 * `ask` gets every key once. What it throws reaches those who shared the query; the next one is asked anew.
 */
export function askTogether<Key, Answers>(
  ask: (keys: Key[]) => Promise<Answers>,
): (key: Key) => Promise<Answers> {
  let underWay: Promise<unknown> = Promise.resolve()
  let next: { keys: Set<Key>; answers: Promise<Answers> } | undefined

  function openNext() {
    const keys = new Set<Key>()
    const begin = () => {
      next = undefined
      return ask([...keys])
    }
    const answers = underWay.then(begin, begin) // a query that failed has told its own askers
    underWay = answers
    return { keys, answers }
  }

  return (key) => {
    next ??= openNext()
    next.keys.add(key)
    return next.answers
  }
}
