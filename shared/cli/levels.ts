import path from 'node:path'
import { fileURLToPath } from 'node:url'

// Not import.meta.dirname: the doctor tells who comes with an older Node that it is too old, and has to run there.
const root = fileURLToPath(new URL('../..', import.meta.url))

/** The levels, in order: what `npm start` offers, and what build, bench and doctor walk through. */
export const levels = [
  { number: 1, folder: 'level-1-websocket', title: 'Raw WebSocket: echo and push', ports: [3010] },
  {
    number: 2,
    folder: 'level-2-socketio',
    title: 'Socket.IO: usernames, rooms, acknowledgements',
    ports: [3020],
  },
  {
    number: 3,
    folder: 'level-3-jwt-notifications',
    title: 'Accounts, tokens, stored notifications',
    ports: [3030],
  },
  {
    number: 4,
    folder: 'level-4-push-scaling',
    title: 'Web Push and several instances',
    ports: [3000, 3001, 3040],
  },
].map((level) => ({ ...level, dir: path.join(root, level.folder) }))

export type Level = (typeof levels)[number]
