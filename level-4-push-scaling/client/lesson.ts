import {
  called,
  closed,
  inAnyOrder,
  inOrder,
  opened,
  pressed,
  received,
  type Steps,
  sent,
} from '@levels/shared/client/lesson/steps.ts'

/** What ticks the steps of the README's "Try it", by their numbers. */
export const steps: Steps = {
  1: inOrder(received('["session:ready",'), received('["notification:new",')),
  2: inOrder(pressed('Kill this instance'), closed(), opened, received('["session:ready",')),
  3: inOrder(called('POST /api/dev/phones'), called('POST /api/push/subscriptions')),
  4: inOrder(called('PUT /api/dev/phones')),
  5: inAnyOrder(called('POST /api/push/subscriptions'), called('POST /api/push/test')),
  7: inOrder(called('POST /api/push/test'), received('["notification:new",'), sent('["notifications:seen",')),
  8: inAnyOrder(received('"type":"login.new"')),
  9: inAnyOrder(called('GET /api/admin/deliveries')),
}
