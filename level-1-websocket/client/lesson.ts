import {
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
  1: inOrder(sent('hello'), received('hello')),
  2: inOrder(received('Lunch is ready')),
  3: inOrder(pressed('Disconnect'), closed(), pressed('Connect'), opened),
  4: inOrder(closed(1001), opened),
  5: inAnyOrder(
    pressed('Cut the connection'),
    pressed('Go offline 10 s'),
    pressed('Send twice'),
    pressed('Send garbage'),
    pressed('Send 70 KiB'),
  ),
}
