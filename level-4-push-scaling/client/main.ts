import {
  mountAccount,
  mountAway,
  mountBell,
  mountBreak,
  mountCentre,
  mountDevices,
  mountRooms,
  mountSend,
  mountToasts,
  mountUserMenu,
  startApp,
} from '@levels/3-jwt-notifications/client/index.ts'
import { byId } from '@levels/shared/client/dom.ts'
import { mountHood } from '@levels/shared/client/hood/mount.ts'
import { mountLesson } from '@levels/shared/client/lesson/drawer.ts'
import { killThisInstance } from './kill.ts'
import { steps } from './lesson.ts'
import { mountAppBadge } from './sections/app-badge.ts'
import { mountDeliveries } from './sections/deliveries.ts'
import { mountInstance } from './sections/instance.ts'
import { mountPracticePhone } from './sections/practice-phone.ts'
import { mountPush } from './sections/push.ts'

// The page of level 3, section by section, and what level 4 adds to it.
startApp(
  [
    mountBell,
    mountAppBadge,
    mountUserMenu,
    mountToasts,
    mountAway,
    mountCentre,
    mountPush,
    mountInstance,
    ...(import.meta.env.DEV ? [mountPracticePhone] : []),
    mountSend,
    mountDeliveries,
    mountRooms,
    mountDevices,
    mountAccount,
    (app) => mountBreak(app, import.meta.env.DEV ? [killThisInstance(app)] : []),
  ],
  [
    [
      'GET /api/push/public-key',
      'the key that this server signs its pushes with; the browser subscribes for it',
    ],
    ['GET /api/push/subscriptions', 'your browsers that get push'],
    ['POST /api/push/subscriptions', 'where to reach this browser, and the keys to encrypt for it'],
    ['DELETE /api/push/subscriptions', 'no more push there'],
    ['POST /api/push/test', 'a test message, sent like any other push'],
    ['GET /api/admin/deliveries/stats', 'the last day in numbers'],
    ['GET /api/admin/deliveries', 'what is on its way to people who are not looking'],
    ['POST /api/admin/deliveries', 'once more, from the start'],
    ['POST /api/dev/kill', 'this process ends at once'],
    ['POST /api/dev/phones', 'a device on the server’s machine, with keys of its own'],
    ['PUT /api/dev/phones', 'what its push service answers from now on'],
  ],
)

mountLesson(byId('lesson', HTMLElement), steps)
if (import.meta.env.DEV) mountHood(byId('lesson', HTMLElement))
