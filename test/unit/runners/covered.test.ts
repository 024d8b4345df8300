import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { packageRoot } from '../../../src/base/root.ts'

/** File of src/runners with code → the unit test, or test in virtual time, that runs it. A new file gets its line, and its test. */
const testedBy: Readonly<Record<string, string>> = {
  'doctor/broker-clock.ts': 'runners/doctor/checks.test.ts',
  'doctor/check.ts': 'runners/doctor/checks.test.ts',
  'doctor/clients.ts': 'runners/doctor/checks.test.ts',
  'doctor/clock.ts': 'runners/doctor/checks.test.ts',
  'doctor/cores.ts': 'runners/doctor/checks.test.ts',
  'doctor/disk.ts': 'runners/doctor/checks.test.ts',
  'doctor/examine.ts': 'runners/doctor/examine.test.ts',
  'doctor/job.ts': 'runners/doctor/examine.test.ts',
  'doctor/open-files.ts': 'runners/doctor/checks.test.ts',
  'doctor/permissions.ts': 'runners/doctor/checks.test.ts',
  'doctor/provider.ts': 'runners/doctor/checks.test.ts',
  'doctor/quotas.ts': 'runners/doctor/checks.test.ts',
  'doctor/reach.ts': 'runners/doctor/examine.test.ts',
  'doctor/record-size.ts': 'runners/doctor/checks.test.ts',
  'doctor/replicas.ts': 'runners/doctor/checks.test.ts',
  'doctor/topic.ts': 'runners/doctor/examine.test.ts',
  'hosts/audit-host.ts': 'runners/audit-session.test.ts',
  'hosts/audit-log.ts': 'runners/audit-log.test.ts',
  'hosts/audit-serve.ts': 'runners/audit-log.test.ts',
  'hosts/canary-host.ts': 'runners/hosts/entries.test.ts',
  'hosts/canary-serve.ts': 'runners/canary.test.ts',
  'hosts/children.ts': 'runners/hosts/entries.test.ts',
  'hosts/host.ts': 'runners/hosts/entries.test.ts',
  'hosts/hosts.ts': 'runners/hosts/hosts.test.ts',
  'hosts/signals.ts': 'runners/hosts/entries.test.ts',
  'hosts/thread.ts': 'runners/hosts/entries.test.ts',
  'hosts/worker.ts': 'runners/engine/workers.test.ts',
  'run/bench.ts': 'runners/run/bench.test.ts',
  'run/choose-cluster.ts': 'clusters-choose.test.ts',
  'run/disk-space.ts': 'runners/run/disk-space.test.ts',
  'run/environment.ts': 'runners/run/packages.test.ts',
  'run/inspect-clients.ts': 'drivers/librdkafka-library.test.ts',
  'run/packages.ts': 'runners/run/packages.test.ts',
  'run/platform-notes.ts': 'platforms.test.ts',
  'run/reference.ts': 'runners/run/reference.test.ts',
  'run/run-plan.ts': 'runners/run/run-plan.test.ts',
  'run/bounded-run.ts': 'runners/run/bounded-run.test.ts',
  'run/machine-run.ts': 'runners/search/find-max.test.ts',
  'run/sessions.ts': 'runners/run/sessions.test.ts',
  'search/find-max.ts': 'runners/search/find-max.test.ts',
  'search/self-test.ts': 'runners/search/find-max.test.ts',
  'standing/brokers.ts': 'runners/standing/brokers.test.ts',
  'standing/standing-host.ts': 'runners/standing/standing.test.ts',
  'standing/standing.ts': 'runners/standing/standing.test.ts',
  'variant/access.ts': 'runners/variant/machine-world.test.ts',
  'variant/audit.ts': 'runners/audit-session.test.ts',
  'variant/bounded-world.ts': 'runners/engine/deadlines.test.ts',
  'variant/brokers-back.ts': 'runners/variant/brokers-back.test.ts',
  'variant/canary.ts': 'runners/canary.test.ts',
  'variant/conduct.ts': 'runners/engine/load.test.ts',
  'variant/crew.ts': 'runners/engine/workers.test.ts',
  'variant/looks.ts': 'runners/engine/load.test.ts',
  'variant/fault-targets.ts': 'runners/variant/fault-targets.test.ts',
  'variant/faults.ts': 'runners/engine/faults.test.ts',
  'variant/machine-world.ts': 'runners/variant/machine-world.test.ts',
  'variant/progress.ts': 'runners/engine/load.test.ts',
  'variant/settled-ends.ts': 'settled-ends.test.ts',
  'variant/topic.ts': 'runners/engine/existing.test.ts',
  'variant/variant.ts': 'runners/engine/load.test.ts',
}

/** Entries of processes and threads are not imported but started, by these. */
const startedBy: Readonly<Record<string, string>> = {
  'hosts/audit-host.ts': 'hosts/children.ts',
  'hosts/canary-host.ts': 'hosts/children.ts',
  'hosts/host.ts': 'hosts/children.ts',
  'hosts/thread.ts': 'hosts/host.ts',
  'standing/standing-host.ts': 'standing/standing.ts',
}

const runners = join(packageRoot, 'src/runners')
const unit = join(packageRoot, 'test/unit')
const startsIn = (file: string) => Object.keys(startedBy).filter((entry) => join(runners, startedBy[entry]!) === file)

const textOf = (file: string) => readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/[^\n]*/g, ' ')

/** Our own files whose code this one runs: imports of types alone are gone by then. */
function importsOf(file: string): string[] {
  const text = textOf(file).replace(/\b(import|export)\s+type\s[^'"]*from\s*['"][^'"]+['"]/g, ' ')
  return [...text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.[^'"\n]+\.ts)\1/g)].map((match) =>
    resolve(dirname(file), match[2]!),
  )
}

/** What is left of it, beside types, does something. */
const hasCode = (file: string) =>
  /^(export\s+)?(default\s+)?(async\s+)?(function|const|let|class)\b|^[a-z]\w*[.(]|^export default [a-z]/m.test(
    textOf(file),
  )

const next = new Map<string, string[]>()

/** Every file that this one runs, itself included. */
function reached(from: string): Set<string> {
  const seen = new Set<string>()
  const visit = (file: string) => {
    if (seen.has(file)) return
    seen.add(file)
    if (!next.has(file)) next.set(file, [...importsOf(file), ...startsIn(file).map((entry) => join(runners, entry))])
    for (const each of next.get(file)!) visit(each)
  }
  visit(from)
  return seen
}

const files = readdirSync(runners, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && hasCode(join(runners, file)))
  .sort()

test('every file of src/runners with code has a unit test that runs it, and nothing else is in the table', () => {
  assert.deepEqual(Object.keys(testedBy).sort(), files, 'a line for each: the test that would notice if it did nothing')
})

test('each of these tests reaches its file', () => {
  const reach = new Map([...new Set(Object.values(testedBy))].map((file) => [file, reached(join(unit, file))]))
  const wrong = Object.entries(testedBy)
    .filter(([file, by]) => !reach.get(by)!.has(join(runners, file)))
    .map(([file, by]) => `${by} does not reach ${file}`)
  assert.deepEqual(wrong, [])
})

test('an entry is started where the table says so', () => {
  for (const [entry, by] of Object.entries(startedBy)) {
    const name = entry.replace(/^\w+\//, '').replace(/\.ts$/, '')
    const text = readFileSync(join(runners, by), 'utf8')
    assert.ok(text.includes(`'${name}'`) || text.includes(`./${name}.$`), `${by} does not start ${entry}`)
  }
})

test('the scan knows code from types', () => {
  const names = readdirSync(runners, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  assert.deepEqual(names.filter((file) => !hasCode(join(runners, file))).sort(), [
    'hosts/protocol.ts',
    'run/run-world.ts',
    'variant/scene.ts',
    'variant/world.ts',
  ])
})
