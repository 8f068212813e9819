import type { Experiment } from '../arena.ts'

const SENT = 5

/** The answer to the sender is swallowed on its way; the sender, who cannot know, sends the same again. */
export const sentTwice: Experiment = async (arena) => {
  const bob = await arena.person('bob')
  const ann = await arena.person('ann')
  const page = await bob.openPage()
  const to = arena.to(bob)
  await ann.send(to, arena.text(ann, 0)) // connects, where a sender has to
  let unanswered = 0
  for (let n = 1; n <= SENT; n++) {
    const text = arena.text(ann, n)
    const swallowed = ann.link.swallowAnswer()
    const first = await ann.send(to, text, { key: text })
    if (first.what !== 'acknowledged') unanswered++
    await swallowed
    await ann.send(to, text, { key: text })
  }
  await arena.settle([page])
  return arena.judge(`, ${unanswered} of them twice, because the answer was lost`)
}
