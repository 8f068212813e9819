import {
  called,
  closed,
  inAnyOrder,
  inOrder,
  opened,
  pressed,
  received,
  type Steps,
} from '@levels/shared/client/lesson/steps.ts'

/** What ticks the steps of the README's "Try it", by their numbers. */
export const steps: Steps = {
  1: inOrder(received('["session:ready",'), received('["notification:new",')),
  2: inOrder(pressed('Kill this instance'), closed(), opened, received('["session:ready",')),
  3: inAnyOrder(called('POST /api/push/subscriptions'), called('POST /api/push/test')),
  5: inOrder(received('["notification:new",')),
  6: inAnyOrder(received('"type":"login.new"')),
  7: inAnyOrder(called('GET /api/admin/deliveries')),
}
