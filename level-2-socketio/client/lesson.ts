import {
  inAnyOrder,
  inOrder,
  pressed,
  received,
  type Steps,
  secondWindow,
  sent,
} from '@levels/shared/client/lesson/steps.ts'

/** What ticks the steps of the README's "Try it", by their numbers. */
export const steps: Steps = {
  1: inOrder(sent(/^40\{"username"/), received('["session",')),
  2: inOrder(sent(/^42\d+\["message:send"/), received(/^43\d+\[\{"ok":true/)),
  3: inAnyOrder(
    sent('["room:join",{"room":"tea"}]'),
    sent(/"message:send".*"room":"tea"/),
    sent(/"message:send".*"to":"/),
  ),
  4: inAnyOrder(secondWindow),
  5: inAnyOrder(received('["user:left",')),
  6: inOrder(received('["notification:new",')),
  7: inAnyOrder(
    pressed('Cut the connection'),
    pressed('Go offline 10 s'),
    pressed('Send twice'),
    pressed('Send garbage'),
    pressed('Send 70 KiB'),
    pressed('Send 100 at once'),
  ),
}
