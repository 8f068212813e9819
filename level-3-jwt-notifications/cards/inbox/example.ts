// A page without a browser: shows each notification of its user once, over lost connections. Needs URL and TOKEN.
import { io } from 'socket.io-client'
import { createInbox } from '../../client/inbox.ts'

type Notification = { id: string; seq: number; title: string; readAt?: string }
const show = ({ seq, title }: Notification) => console.log(`${seq}  ${title}`)
const inbox = createInbox({ onChange: () => undefined, onNew: show })

const socket = io(process.env.URL ?? 'http://localhost:3030', {
  transports: ['websocket'],
  // A function: each handshake carries how far this page has got by then.
  auth: (send) => send({ token: process.env.TOKEN, after: inbox.cursor }),
})
socket.on('session:ready', () => inbox.connecting())
socket.on('notifications:initial', (snapshot) => void inbox.initial(snapshot))
socket.on('notifications:missed', (packet) => {
  inbox.missed(packet).forEach(show)
  socket.emit('notifications:seen', { upTo: inbox.cursor ?? 0 }, () => undefined)
})
socket.on('notification:new', inbox.live)
socket.on('connect_error', (error) => console.error(error.message))
