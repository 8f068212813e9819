import type { Experiment } from '../arena.ts'
import type { PromiseId } from '../promises.ts'
import { HEARTBEAT_MS } from '../stage.ts'
import { anInstanceDies } from './an-instance-dies.ts'
import { answered } from './answered.ts'
import { arrives } from './arrives.ts'
import { badInput } from './bad-input.ts'
import { closedBrowser } from './closed-browser.ts'
import { deadPeer } from './dead-peer.ts'
import { flood } from './flood.ts'
import { foreignPages } from './foreign-pages.ts'
import { goodbye } from './goodbye.ts'
import { identity } from './identity.ts'
import { inOrder } from './in-order.ts'
import { noNeedlessPush } from './no-needless-push.ts'
import { once } from './once.ts'
import { pushPersists } from './push-persists.ts'
import { rightPerson } from './right-person.ts'
import { safeEndpoints } from './safe-endpoints.ts'
import { sentTwice } from './sent-twice.ts'
import { signOut } from './sign-out.ts'
import { slowReader } from './slow-reader.ts'
import { survivesACrash } from './survives-a-crash.ts'
import { survivesACut } from './survives-a-cut.ts'
import { survivesAbsence } from './survives-absence.ts'
import { theBusDies } from './the-bus-dies.ts'
import { theft } from './theft.ts'
import { TOKEN_TTL_S, tokenEnds } from './token-ends.ts'

/** How an experiment wants to run. */
export interface Plan {
  run: Experiment
  /** It kills, floods or ends servers: it gets a stage for itself. */
  alone?: boolean
  /** Settings that its stage is started with; then it cannot share one. */
  settings?: Record<string, string>
}

/** The experiment of each promise: one file each. */
export const experiments: Record<PromiseId, Plan> = {
  arrives: { run: arrives },
  'in-order': { run: inOrder },
  'survives-a-cut': { run: survivesACut },
  'survives-absence': { run: survivesAbsence },
  'survives-a-crash': { run: survivesACrash, alone: true },
  once: { run: once },
  'sent-twice': { run: sentTwice },
  answered: { run: answered },
  'right-person': { run: rightPerson },
  'closed-browser': { run: closedBrowser },
  'no-needless-push': { run: noNeedlessPush },
  'push-persists': { run: pushPersists },
  'an-instance-dies': { run: anInstanceDies, alone: true },
  'the-bus-dies': { run: theBusDies, alone: true },
  'dead-peer': { run: deadPeer, alone: true, settings: { HEARTBEAT_MS: String(HEARTBEAT_MS) } },
  goodbye: { run: goodbye, alone: true },
  'foreign-pages': { run: foreignPages },
  'bad-input': { run: badInput },
  flood: { run: flood, alone: true },
  'slow-reader': { run: slowReader, alone: true },
  identity: { run: identity },
  'token-ends': { run: tokenEnds, alone: true, settings: { ACCESS_TOKEN_TTL_S: String(TOKEN_TTL_S) } },
  'sign-out': { run: signOut },
  theft: { run: theft },
  'safe-endpoints': { run: safeEndpoints },
}
