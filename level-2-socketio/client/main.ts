import { byId } from '@levels/shared/client/dom.ts'
import { packetKey } from '@levels/shared/client/explain-packet.ts'
import { mountHood } from '@levels/shared/client/hood/mount.ts'
import { mountLesson } from '@levels/shared/client/lesson/drawer.ts'
import { createPill } from '@levels/shared/client/pill.ts'
import { mountThemeButton } from '@levels/shared/client/theme.ts'
import { mountWire } from '@levels/shared/client/wire.ts'
import { mountBreak } from './break-it.ts'
import { mountChat } from './chat.ts'
import { createConnection } from './connection.ts'
import { showPackets } from './explain.ts'
import { steps } from './lesson.ts'
import { mountNotifications } from './notifications.ts'
import { mountPeople } from './people.ts'
import { mountRooms } from './rooms.ts'
import { mountSignIn, type SignIn } from './sign-in.ts'

const pill = byId('pill', HTMLElement)
const setPill = createPill(pill)
const wire = mountWire(byId('wire', HTMLElement), packetKey)
let signIn: SignIn | undefined

showPackets(wire)
mountThemeButton(pill.parentElement ?? document.body)
setPill('off', 'disconnected')
mountLesson(byId('lesson', HTMLElement), steps)
if (import.meta.env.DEV) mountHood(byId('lesson', HTMLElement))

const connection = createConnection({
  onState: setPill,
  onRefused: ({ message }) => signIn?.showProblem(message),
})
const { socket } = connection
socket.on('session', () => {
  byId('inside', HTMLElement).hidden = false
})
socket.on('connect', () => {
  const raw = `recovered: ${socket.recovered}`
  const why = socket.recovered
    ? 'what was missed has come, once; the session event settles the rest'
    : 'a new start: the session event brings the whole state'
  wire.add({ direction: 'note', kind: 'connected', raw, why })
})

const chat = mountChat(socket)
mountPeople(socket, chat)
mountRooms(socket, chat)
mountNotifications(socket, wire)
mountBreak(socket)
signIn = mountSignIn(connection)
