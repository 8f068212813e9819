import type { Card } from '@levels/shared/cards.ts'

export default {
  name: 'presence',
  level: 2,
  gives:
    'Who is here, on your Socket.IO server: unique names in any script, several tabs of one user, rooms, and two minutes to come back to after a lost connection.',
  promises: ['arrives', 'in-order', 'survives-a-cut', 'once', 'slow-reader', 'dead-peer'],
  entries: [
    'level-2-socketio/src/presence.ts',
    'level-2-socketio/src/recovery.ts',
    'shared/server/socketio.ts',
  ],
  packages: { runtime: ['socket.io', 'socket.io-adapter', 'unhomoglyph', 'ws'], types: ['@types/node'] },
  whenNot: [
    'A name must prove something: here it belongs to the one who is here. That is level 3.',
    'You run more than one instance: presence, rooms and recovery are in the memory of one process.',
  ],
  wiring: `const io = new Server(http, {
  adapter: RecoveryAdapter,
  connectionStateRecovery: { maxDisconnectionDuration: RECOVERY_MS, skipMiddlewares: false },
  wsEngine: WebSocketServer, // of ws 8.22 or newer, which bounds pongs that nobody reads
})
guardConnections(io)
const { users, rooms } = createPresence(io)`,
} satisfies Card
