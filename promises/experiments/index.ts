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
  /** `breaks`: it kills or ends servers; `burdens`: it floods them. Either goes one after the other, on its own stage. */
  effect?: 'breaks' | 'burdens'
  /** Settings that its stage is started with; then it cannot share one. */
  settings?: Record<string, string>
  /** It takes long, and begins first. */
  isLong?: boolean
}

/** `dead-peer` cannot wait for 30 s; the others that break servers do not mind. */
const attentive = { HEARTBEAT_MS: String(HEARTBEAT_MS) }
/** What one person may send is not what these try. */
const unlimited = { NOTIFICATIONS_PER_MINUTE: '1000000' }

/** The experiment of each promise: one file each. */
export const experiments: Record<PromiseId, Plan> = {
  arrives: { run: arrives },
  'in-order': { run: inOrder },
  'survives-a-cut': { run: survivesACut, isLong: true },
  'survives-absence': { run: survivesAbsence },
  'survives-a-crash': { run: survivesACrash, effect: 'breaks', settings: attentive },
  once: { run: once, isLong: true },
  'sent-twice': { run: sentTwice },
  answered: { run: answered },
  'right-person': { run: rightPerson },
  'closed-browser': { run: closedBrowser },
  'no-needless-push': { run: noNeedlessPush },
  'push-persists': { run: pushPersists, isLong: true },
  'an-instance-dies': { run: anInstanceDies, effect: 'breaks', settings: attentive },
  'the-bus-dies': { run: theBusDies, effect: 'breaks', settings: attentive },
  'dead-peer': { run: deadPeer, effect: 'breaks', settings: attentive },
  goodbye: { run: goodbye, effect: 'breaks', settings: attentive },
  'foreign-pages': { run: foreignPages },
  'bad-input': { run: badInput },
  flood: { run: flood, effect: 'burdens', settings: unlimited },
  'slow-reader': { run: slowReader, effect: 'burdens', settings: unlimited },
  identity: { run: identity },
  'token-ends': { run: tokenEnds, effect: 'breaks', settings: { ACCESS_TOKEN_TTL_S: String(TOKEN_TTL_S) } },
  'sign-out': { run: signOut },
  theft: { run: theft },
  'safe-endpoints': { run: safeEndpoints },
}
