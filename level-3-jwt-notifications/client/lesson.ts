import {
  called,
  closed,
  inAnyOrder,
  inOrder,
  opened,
  pressed,
  received,
  type Steps,
  secondWindow,
  sent,
} from '@levels/shared/client/lesson/steps.ts'

/** The buttons under "Break it" that the lesson asks for. */
export const breakIt = [
  pressed('Cut the connection'),
  pressed('Go offline 10 s'),
  pressed('Send twice'),
  pressed('Send garbage'),
  pressed('Expire my token'),
  pressed('Replay my refresh token'),
]

/** What ticks the steps of the README's "Try it", by their numbers. */
export const steps: Steps = {
  1: inOrder(received('["notification:new",'), sent('["notifications:seen",')),
  2: inOrder(pressed('Go offline 10 s'), opened, received(/\["notifications:missed",\{"items":\[\{/)),
  3: inOrder(closed(), opened, received('["session:ready",')),
  4: inAnyOrder(secondWindow, received(/\["notification(s:all-read|:updated|:deleted)"/)),
  5: inAnyOrder(called(/^POST \/api\/rooms\/[^/]+\/join$|^POST \/api\/rooms$/), received('["room:message",')),
  6: inAnyOrder(called(/^DELETE \/api\/auth\/sessions/)),
  7: inAnyOrder(...breakIt),
}
