import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  compare,
  KbenchError,
  type ProfileInput,
  type ProgressEvent,
  plan,
  type RunResult,
  run,
  validate,
} from 'kbench'

// A program that embeds kbench. It prints one line of JSON: what it found.

const plugin = fileURLToPath(new URL('./slow-echo.js', import.meta.url))
const profile: ProfileInput = {
  name: 'embedded',
  cluster: { provider: 'fake' },
  workload: 'produce',
  clients: ['slow-echo'],
  topic: { partitions: 2, replicationFactor: 1 },
  load: { rate: 100 },
  producers: { clientConfig: { 'slow-echo': { delayMs: 2 } } },
  phases: { clusterWarmup: '0s', warmup: '0s', measure: '2s', drain: '1s' },
}
const codeOf = (error: unknown) => (error instanceof KbenchError ? error.code : String(error))

const valid = await validate(profile, { plugins: [plugin] })
const invalid = await validate(profile, { set: { 'producers.ack': 'all' } })

const events: ProgressEvent[] = []
const running = run(profile, { plugins: [plugin], results: 'out', onProgress: (event) => events.push(event) })
const second = await run(profile, { results: 'out' }).then(() => 'ran', codeOf)
const { result, directory, exitCode } = await running
const ledger: RunResult['variants'][number]['ledger'] | undefined = result.variants[0]?.ledger

const stop = new AbortController()
const stopped = await run(profile, {
  results: 'out',
  reports: false,
  set: { 'phases.measure': '60s' },
  signal: stop.signal,
  onProgress: ({ type }) => type === 'second' && stop.abort(),
})
const aborted = await run(profile, { signal: AbortSignal.abort() }).then(() => 'ran', codeOf)
const wrong = await run({ ...profile, clients: ['none'] }).then(() => 'ran', codeOf)
const noPlugin = await run(profile, { plugins: ['none.js'] }).then(() => 'ran', codeOf)

// Of a run that was valid: what a busy machine makes of the one above is not what is looked at here.
const example = process.argv[2]!
const stored = JSON.parse(await readFile(join(example, 'result.json'), 'utf8')) as RunResult
const compared = await compare([stored, example], { gate: ['produce.ackedPerSec'] })
const { plan: sized } = await plan({ in: '40MB/s', groups: 2, partitions: 100, types: ['kafka.m7g.*'] })
const unknownKey = await plan({ inn: '40MB/s' }).then(() => 'ran', codeOf)

const found = {
  valid: valid.ok && valid.variants,
  invalid: invalid.ok || invalid.problems.map(({ where, message }) => `${where}: ${message}`),
  second,
  exitCode,
  ledger,
  directory,
  stages: [...new Set(events.flatMap((event) => (event.type === 'stage' ? [event.stage] : [])))],
  seconds: events.filter(({ type }) => type === 'second').length,
  stopped: [stopped.result.status, stopped.exitCode],
  aborted,
  wrong,
  noPlugin,
  verdicts: compared.comparison.pairs.map(({ metrics }) => metrics.length),
  gate: compared.gate.exitCode,
  markdown: compared.markdown.split('\n', 1)[0],
  candidate: sized.candidates[0]?.type,
  unknownKey,
}
console.log(JSON.stringify(found))
