import { byId } from '@levels/shared/client/dom.ts'
import { mountHood } from '@levels/shared/client/hood/mount.ts'
import { mountLesson } from '@levels/shared/client/lesson/drawer.ts'
import { startApp } from './app.ts'
import { steps } from './lesson.ts'
import { mountAccount } from './sections/account/index.ts'
import { mountAway } from './sections/away.ts'
import { mountBell } from './sections/bell.ts'
import { mountBreak } from './sections/break-it.ts'
import { mountCentre } from './sections/centre.ts'
import { mountDevices } from './sections/devices.ts'
import { mountRooms } from './sections/rooms.ts'
import { mountSend } from './sections/send.ts'
import { mountToasts } from './sections/toasts.ts'
import { mountUserMenu } from './sections/user-menu.ts'

startApp([
  mountBell,
  mountUserMenu,
  mountToasts,
  mountAway,
  mountCentre,
  mountSend,
  mountRooms,
  mountDevices,
  mountAccount,
  (app) => mountBreak(app),
])

mountLesson(byId('lesson', HTMLElement), steps)
if (import.meta.env.DEV) mountHood(byId('lesson', HTMLElement))
