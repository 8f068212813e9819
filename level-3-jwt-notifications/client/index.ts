/** The page of level 3 as level 4 sees it: everything else in `client/` is private (see `exports` in package.json). */

export { type App, startApp } from './app.ts'
export { safeLink } from './safe-link.ts'
export { mountAway } from './sections/away.ts'
export { mountBell } from './sections/bell.ts'
export { mountBreak } from './sections/break-it.ts'
export { mountCentre } from './sections/centre.ts'
export { mountDevices } from './sections/devices.ts'
export { mountRooms } from './sections/rooms.ts'
export { mountSend } from './sections/send.ts'
export { mountToasts } from './sections/toasts.ts'
export { mountUserMenu } from './sections/user-menu.ts'
export { ago, inWords } from './words.ts'
