import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { packageRoot } from '../../src/base/root.ts'
import type { ShapeContext } from '../../src/contracts/shapes.ts'
import { createSchedule } from '../../src/load/schedule.ts'
import { pluginNames } from '../../src/registry.ts'
import { measure } from '../support/measure.ts'
import { planOf } from '../support/plans.ts'
import { readPage } from './_markdown.ts'

// docs/adding.md and test/fixtures/additions, in one copy of src that is compiled once: what the page says is enough to add something.

const kinds = ['drivers', 'clusters', 'workloads', 'shapes', 'faults', 'reports', 'samplers']

interface Addition {
  /** From its first line: src/drivers/instant.ts */
  path: string
  text: string
}

const additionOf = (text: string): Addition => ({
  path: /^\/\/ (src\/\w+\/[\w-]+\.ts)\n/.exec(text)?.[1] ?? 'unnamed',
  text,
})
const examples = readPage(await readFile(join(packageRoot, 'docs/adding.md'), 'utf8'))
  .blocks.filter(({ language }) => language === 'ts')
  .map(({ text }) => additionOf(text))
const fixtureFolder = join(packageRoot, 'test/fixtures/additions')
const fixtures = await Promise.all(
  (await readdir(fixtureFolder)).map(async (file) => additionOf(await readFile(join(fixtureFolder, file), 'utf8'))),
)
const additions = [...examples, ...fixtures]

let copy = ''
const load = (file: string) => import(pathToFileURL(join(copy, `dist/src/${file}.js`)).href)
const registry = (): Promise<typeof import('../../src/registry.ts')> => load('registry')

/** The two lines of src/profile/shapes.ts that a shape needs. */
async function nameShape(name: string): Promise<void> {
  const file = join(copy, 'src/profile/shapes.ts')
  const id = name.replaceAll('-', '_')
  const text = await readFile(file, 'utf8')
  const named = text
    .replace(/^import constant from .*\n/m, `$&import ${id} from '../shapes/${name}.ts'\n`)
    .replace('const named = { ', `$&'${name}': ${id}, `)
  assert.equal(named.length, text.length + `import ${id} from '../shapes/${name}.ts'\n'${name}': ${id}, `.length)
  await writeFile(file, named)
}

before(async () => {
  copy = await mkdtemp(join(tmpdir(), 'kbench-additions-'))
  // With what is compiled already, so that only what is new is compiled.
  for (const part of ['src', 'package.json', 'tsconfig.json', 'dist/src', 'dist/.tsbuildinfo'])
    await cp(join(packageRoot, part), join(copy, part), { recursive: true })
  await symlink(join(packageRoot, 'node_modules'), join(copy, 'node_modules'))
  for (const { path, text } of additions) {
    assert.match(path, /^src\//, text)
    await writeFile(join(copy, path), text, { flag: 'wx' })
    if (dirname(path) === 'src/shapes') await nameShape(basename(path, '.ts'))
  }
  const tsc = join(packageRoot, 'node_modules', '.bin', 'tsc')
  await promisify(execFile)(tsc, ['-p', copy]).catch((error: { stdout?: string }) => assert.fail(error.stdout))
})
after(() => rm(copy, { recursive: true, force: true }))

test('docs/adding.md has an example of every kind', () => {
  assert.deepEqual(examples.map(({ path }) => dirname(path)).sort(), kinds.map((kind) => `src/${kind}`).sort())
})

for (const { path } of additions) {
  const kind = basename(dirname(path))
  const name = basename(path, '.ts')
  if (kind === 'samplers') continue
  test(`${path} compiles beside the real files, and the registry finds and loads it`, async () => {
    const known = kind as Parameters<typeof pluginNames>[0]
    assert.ok(!(await pluginNames(known)).includes(name), `${path} exists for real`)
    const { loadPlugin, pluginNames: names } = await registry()
    assert.ok((await names(known)).includes(name))
    const plugin: unknown = await loadPlugin(known, name)
    const { summary } = plugin as { summary?: string }
    assert.ok(summary && summary.length > 10 && summary.length <= 120, `${path} has a summary for kbench list`)
  })
}

describe('a driver that was added', () => {
  test('runs in a worker with its options: acknowledges after its delay, refuses what is above its limit', async () => {
    const plan = planOf({
      workload: 'produce',
      topic: { partitions: 2 },
      load: { rate: 100, record: { size: { list: ['100B', '300B'] } } },
      producers: { count: 2, clientConfig: { fake: { delayMs: 5, limitBytes: 200 } } },
      phases: { warmup: '1s', measure: '3s', drain: '2s' },
    })
    const driver = await (await registry()).loadPlugin('drivers', 'echo-memory')
    const { ledger, produce } = (await measure({ hosts: 'real', plan, driver })).variant
    assert.ok(ledger.failed > 150 && ledger.failed < 250, JSON.stringify(ledger))
    assert.equal(ledger.acked + ledger.failed, 400)
    assert.deepEqual(produce.errors, { MESSAGE_TOO_LARGE: ledger.failed })
    // Half of the records have no latency, and so the quantiles are unknown.
    assert.equal(produce.serviceUs!.min, 5000)
  })
})

describe('a shape that was added', () => {
  const context: ShapeContext = { measureNs: 10e9, meanRecordBytes: 100 }
  const compiled = async (options: unknown) => {
    const { writtenRate, compileRate }: typeof import('../../src/profile/shapes.ts') = await load('profile/shapes')
    const { segments } = compileRate(writtenRate.parse({ exponential: options }), context)
    return createSchedule({ segments, count: null, poisson: false, seed: 1 })
  }

  test('is a rate of a profile, and makes a schedule', async () => {
    const schedule = await compiled({ from: 100, to: 800, every: '1s' })
    assert.deepEqual(
      [0.5, 1.5, 2.5, 3.5].map((s) => schedule.ratePerSec(s * 1e9)),
      [100, 200, 400, 800],
    )
    assert.equal(schedule.total, 1500)
  })

  test('goes down, and its last step may be smaller', async () => {
    const schedule = await compiled({ from: 90, to: 20, factor: 3, every: '2s' })
    assert.deepEqual(
      [1, 3, 5].map((s) => schedule.ratePerSec(s * 1e9)),
      [90, 30, 20],
    )
  })
})

describe('a fault that was added', () => {
  const run = async (options: Record<string, unknown>) => {
    const fault = await (await registry()).loadPlugin('faults', 'throttle-producer')
    const plan = planOf({
      topic: { partitions: 2 },
      load: { rate: 100 },
      producers: { count: 2 },
      phases: { warmup: '1s', measure: '5s', drain: '2s' },
      faults: [{ use: 'throttle-producer', at: '2s', for: '2s', ...options }],
    })
    return measure({ hosts: 'real', plan, faults: { 'throttle-producer': fault }, ticks: 'unlike' })
  }

  test('is injected, verified and healed; what it held up is sent late, and that is its schedule lag', async () => {
    const { variant, sums, codes } = await run({ pause: '100ms', period: '500ms' })
    const [occurrence] = variant.faults
    assert.deepEqual([occurrence!.injectedAtS, occurrence!.healedAtS, occurrence!.problem ?? null], [3, 5, null])
    assert.equal(occurrence!.detail, '1 producer paused for 100 ms every 500 ms')
    assert.equal(variant.ledger.acked, 600)
    const lagMaxUs = variant.generator.scheduleLagUs!.max!
    assert.ok(lagMaxUs > 80_000 && lagMaxUs < 110_000, String(lagMaxUs))
    assert.deepEqual([variant.status, codes.includes('schedule-late')], ['invalid', true])
    assert.ok([...sums.workers.values()].every(({ paused }) => !paused))
  })
})
