import type { ClusterFeature } from '../../src/contracts/api.ts'
import { start } from './_providers.ts'

// Holds a cluster until it is ended: node _hold-cluster.js <provider> <directory> [feature …]. Prints the pids of its nodes once it is ready.
const [, , provider = '', directory = '', ...features] = process.argv
process.once('SIGTERM', () => process.exit(143))
const cluster = await start(provider, { directory, features: features as ClusterFeature[] })
setInterval(() => undefined, 1_000_000)
process.stdout.write(`${JSON.stringify(cluster.nodes.map(({ pid }) => pid ?? null))}\n`)
