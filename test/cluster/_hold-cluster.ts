import { start } from './_providers.ts'

// Holds a cluster until it is ended: node _hold-cluster.js <provider> <directory>. Prints the pids of its nodes once it is ready.
const [, , provider = '', directory = ''] = process.argv
process.once('SIGTERM', () => process.exit(143))
const cluster = await start(provider, { directory })
setInterval(() => undefined, 1_000_000)
process.stdout.write(`${JSON.stringify(cluster.nodes.map(({ pid }) => pid ?? null))}\n`)
