import type { Card } from '@levels/shared/cards.ts'

export default {
  name: 'push-page',
  level: 4,
  gives:
    'Web push in the page: turning it on and off, keeping browser and server in line, a check-up that names the first broken link, and the service worker.',
  promises: [],
  noPromise:
    "servers keep promises, and this is a page's part. Level 4's own page is tried with it, in a browser.",
  entries: [
    'level-4-push-scaling/client/push/push.ts',
    'level-4-push-scaling/client/push/browser.ts',
    'level-4-push-scaling/client/push/check-up.ts',
    'level-4-push-scaling/client/push/probes.ts',
    'level-4-push-scaling/client/public/sw.js',
  ],
  packages: { runtime: ['zod'] },
  whenNot: [
    'Your app is native: its system has push of its own.',
    'You cannot serve /sw.js from the root of your site.',
  ],
  wiring: `const push = createPush({ api, user }) // api: your own fetch, as whoever is signed in
await push.resync() // on each load
button.onclick = async () => {
  if ((await Notification.requestPermission()) === 'granted') await push.turnOn()
}
await checkUp(createProbes(push), (link, finding) => console.log(link, finding))`,
} satisfies Card
