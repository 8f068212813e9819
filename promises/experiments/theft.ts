import type { Arena, Experiment } from '../arena.ts'
import { deviceOf } from '../dialects/level-3.ts'
import { NoAnswer } from '../http.ts'
import { refresh, restStatus } from './tokens.ts'

/** A refresh token that is used again after its successor was: the session ends. Two at once, or a lost answer: not. */
export const theft: Experiment = async (arena) => {
  const parts = [await stolen(arena), await twoTabs(arena), await lostAnswer(arena)]
  const isKept = parts.every(({ isRight }) => isRight)
  return { verdict: isKept ? 'kept' : 'broken', evidence: parts.map(({ says }) => says).join('; ') }
}

async function stolen(arena: Arena) {
  const bob = await arena.level3.person('stolen')
  const page = await bob.openPage()
  page.stayAway()
  const first = deviceOf(await refresh(bob, bob.cookie))
  const second = deviceOf(await refresh(bob, first.cookie)) // the successor has been used now
  const replay = await refresh(bob, bob.cookie)
  const isCut = await arena.history.until(() => !page.isConnected, 2_000)
  const after = await refresh(bob, second.cookie)
  const rest = await restStatus(arena.stage.urls[0], second.accessToken)
  const isRight = replay.status === 401 && isCut && after.status === 401 && rest === 401
  return {
    isRight,
    says: `used twice: ${replay.status}, its socket ${isCut ? 'cut' : 'not cut'}, the successors: ${after.status}, ${rest}`,
  }
}

async function twoTabs(arena: Arena) {
  const bob = await arena.level3.person('tabs')
  const answers = await Promise.all([refresh(bob, bob.cookie), refresh(bob, bob.cookie)])
  const statuses = answers.map(({ status }) => status)
  const next = await Promise.all(
    answers
      .filter(({ status }) => status === 200)
      .map((answer) => restStatus(arena.stage.urls[0], deviceOf(answer).accessToken)),
  )
  const isRight = statuses.every((status) => status === 200) && next.every((status) => status === 200)
  return { isRight, says: `two tabs at once: ${statuses.join(' and ')}` }
}

async function lostAnswer(arena: Arena) {
  const bob = await arena.level3.person('lost')
  const swallowed = bob.link.swallowAnswer()
  const lost = await refresh(bob, bob.cookie).catch((error: unknown) => {
    if (!(error instanceof NoAnswer)) throw error
    return undefined
  })
  await swallowed
  const again = await refresh(bob, bob.cookie)
  const rest = again.status === 200 ? await restStatus(arena.stage.urls[0], deviceOf(again).accessToken) : 0
  const isRight = lost === undefined && again.status === 200 && rest === 200
  return { isRight, says: `the answer lost, then asked again: ${again.status}` }
}
