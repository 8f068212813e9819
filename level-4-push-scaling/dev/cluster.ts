import { runCluster } from './cluster/run-cluster.ts'

// `npm run level-4`: two instances, a balancer in front, and the services they need, each a process of its own.
await runCluster(process.env)
