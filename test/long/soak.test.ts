import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { packageRoot } from '../../src/base/root.ts'
import type { Cluster } from '../../src/contracts/api.ts'
import { cleanEnvironment } from '../cli/_kbench.ts'
import { descendants, onlyResult } from '../cli/_live.ts'
import { sandbox, skipReason, start } from '../cluster/_providers.ts'
import { theilSen } from './_theil-sen.ts'

// An hour at 5000 records/s of 256 B: what each process holds after a forced collection does not grow. KBENCH_SOAK_MINUTES shortens it, and
// then only prints.

const minutes = Number(process.env.KBENCH_SOAK_MINUTES ?? 60)
/** Up to 16 partitions the audit holds a byte per record (docs/measuring.md, "Memory and time"). */
const auditBytesPerRecord = 1
const mostBytesPerHour = 5e6
const everyMs = minutes >= 30 ? 30_000 : 10_000
const skip = await skipReason('local')
const box = skip ? null : sandbox('local')
const folder = mkdtempSync(join(tmpdir(), 'kbench-soak-'))
let cluster: Cluster

before(async () => {
  if (box) cluster = await start('local', { layout: 'kraft-3', directory: box.directory() })
})
after(async () => {
  await cluster?.[Symbol.asyncDispose]()
  await box?.remove()
  rmSync(folder, { recursive: true, force: true })
})

interface Probe {
  atMs: number
  bytes: number
  rss: number
  entry: string
}

for (const client of ['kafkajs', 'node-rdkafka']) {
  test(`${client}: ${minutes} minutes`, { skip }, async (t) => {
    const probes = mkdtempSync(join(folder, 'probes-'))
    const results = join(folder, `results-${client}`)
    const profile = join(folder, `${client}.yaml`)
    const brokers = cluster.network.bootstrap.map((each) => `"${each}"`).join(', ')
    const lines = [
      'name: soak',
      `cluster: { provider: external, bootstrap: [${brokers}] }`,
      `clients: [${client}]`,
      // A log of an hour does not stay: the audit reads what is there.
      'topic: { partitions: 12, replicationFactor: 3, config: { min.insync.replicas: 2 } }',
      'load: { rate: 5000, record: { size: 256 } }',
      'producers: { count: 2 }',
      'consumers: [ { group: g1, members: 2 } ]',
      `phases: { clusterWarmup: 0s, warmup: 10s, measure: ${minutes}m, drain: 15s }`,
    ]
    writeFileSync(profile, `${lines.join('\n')}\n`)
    const probe = pathToFileURL(join(packageRoot, 'dist/test/long/_soak-probe.js')).href
    const args = [
      '--expose-gc',
      `--import=${probe}`,
      join(packageRoot, 'bin/kbench.js'),
      'run',
      profile,
      '--results',
      results,
    ]
    const child = spawn(process.execPath, args, {
      env: { ...cleanEnvironment(), KBENCH_SOAK_FOLDER: probes },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const ended = once(child, 'exit')
    const over = new AbortController()
    const watching = (async () => {
      await sleep(30_000, undefined, { signal: over.signal }).catch(() => undefined)
      while (!over.signal.aborted) {
        for (const pid of [child.pid!, ...descendants(child.pid!)]) if (isOurs(pid)) process.kill(pid, 'SIGUSR2')
        await sleep(everyMs, undefined, { signal: over.signal }).catch(() => undefined)
      }
    })()
    const [code] = await ended
    over.abort()
    await watching
    assert.ok([0, 4].includes(code), `exit ${code}`)
    const { ledger, integrity } = onlyResult(results).result.variants[0]!
    assert.equal(integrity.lost, 0)
    t.diagnostic(`${ledger.acked} of ${ledger.scheduled} acknowledged, ${integrity.lost} lost`)
    for (const file of readdirSync(probes)) {
      const points = readFileSync(join(probes, file), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Probe)
      // The first minutes fill caches.
      const warm = points.filter(({ atMs }) => atMs >= points[0]!.atMs + Math.min(5, minutes / 6) * 60_000)
      if (warm.length < 10) continue
      const entry = warm[0]!.entry
      const perHour = theilSen(warm.map(({ atMs, bytes }) => [atMs / 3.6e6, bytes] as const))
      const allowed = entry.startsWith('audit-host')
        ? mostBytesPerHour + auditBytesPerRecord * 5000 * 3600
        : mostBytesPerHour
      const text = `${entry} ${file}: ${mb(perHour.slope)} MB/h, at most ${mb(perHour.upper)}, allowed ${mb(allowed)}; ${warm.length} looks, now ${mb(warm.at(-1)!.bytes)} MB`
      t.diagnostic(text)
      if (minutes >= 60) assert.ok(perHour.upper <= allowed, text)
    }
  })
}

const mb = (bytes: number): string => (bytes / 1e6).toFixed(2)

const isOurs = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('_soak-probe')
  } catch {
    return false
  }
}
