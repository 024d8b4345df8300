import { appendFileSync } from 'node:fs'
import { basename, join } from 'node:path'

// Loaded into each process of kbench by --import, with --expose-gc: on SIGUSR2 it collects and notes what is left.

const folder = process.env.KBENCH_SOAK_FOLDER
const collect = (globalThis as { gc?: () => void }).gc
if (folder !== undefined && collect) {
  process.on('SIGUSR2', () => {
    collect()
    const { heapUsed, external, rss } = process.memoryUsage()
    const line = { atMs: Date.now(), bytes: heapUsed + external, rss, entry: basename(process.argv[1] ?? '') }
    appendFileSync(join(folder, `${process.pid}.ndjson`), `${JSON.stringify(line)}\n`)
  })
}
