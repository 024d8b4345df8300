import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import { freePorts } from '../../src/clusters/shared/ports.ts'
import { loadPlugin } from '../../src/registry.ts'
import { kbench } from '../cli/_kbench.ts'
import { sandbox } from '../cluster/_providers.ts'
import { createShell, missingIn, pageText, stepsOf } from './_walkthrough.ts'

// Every page of docs/walkthroughs, command by command, with the output that it shows.

const box = sandbox('local')
after(box.remove)

// The page of s3 names its version, and an image that brings its own tag would overrule it.
const image = process.env.KBENCH_KAFKA_IMAGE?.replace(/:[^/:]+$/, '')
if (image !== undefined) process.env.KBENCH_KAFKA_IMAGE = image
process.env.KAFKA_VERSION = '4.0.0'

/** Layout of each page, and where it runs. */
const pages = [
  { name: 's0', layout: 'full-stack', providers: ['local'] },
  { name: 's1', layout: 'zk-1-kafka-3', providers: ['local', 'compose'] },
  { name: 's2', layout: 'single-zk', providers: ['local'] },
  { name: 's3', layout: 'kraft-1', providers: ['local', 'compose'] },
] as const

// Everything that takes time comes first: tests begin, and the folder goes, while later suites are still being declared.
const taken = new Set<number>()
const suites = new Map<string, { provider: string; ports: number[]; skip: string | undefined }[]>()
for (const { name, layout, providers } of pages) {
  const runs = []
  for (const provider of providers) {
    const plugin = await loadPlugin('clusters', provider)
    const options = plugin.options.parse({ provider, layout, startTimeout: 60_000 })
    const able = await plugin.available(options, new AbortController().signal)
    const ports = await freePorts(7, taken)
    for (const port of ports) taken.add(port)
    runs.push({ provider, ports, skip: able.ok ? undefined : `provider ${provider}: ${able.reason}` })
  }
  suites.set(name, runs)
}

test('every page is here', () => {
  const files = readdirSync(join(packageRoot, 'docs', 'walkthroughs')).sort()
  assert.deepEqual(
    files,
    pages.map(({ name }) => `${name}.md`),
  )
})

// One after the other: two at a time saved a third of the time, and once a broker took longer than a minute to come back.
describe('walkthroughs', { concurrency: 1 }, () => {
  for (const [name, runs] of suites) {
    describe(name, { concurrency: 1 }, () => {
      for (const run of runs) declare(name, run)
    })
  }
})

function declare(
  name: string,
  { provider, ports, skip }: { provider: string; ports: number[]; skip: string | undefined },
) {
  describe(`${name} on ${provider}`, { ...(skip ? { skip } : {}) }, () => {
    const env: Record<string, string> = { KBENCH_PROVIDER: provider }
    for (const [key, value] of Object.entries(process.env)) {
      if (/^KBENCH_(KAFKA_IMAGE|CP_KAFKA_IMAGE|ZOOKEEPER_IMAGE)$/.test(key)) env[key] = value!
    }
    for (const i of [1, 2, 3]) {
      env[`KBENCH_PORT_KAFKA${i}`] = String(ports[i - 1])
      env[`KBENCH_PORT_ZOO${i}`] = String(ports[i + 2])
    }
    env.KBENCH_PORT_CONNECT = String(ports[6])
    const shell = createShell(box.directory(), env)
    let broken = false
    after(async () => {
      await kbench(['cluster', 'down', name], { env })
    })
    for (const { command, expected, line } of stepsOf(pageText(name))) {
      test(`line ${line}: ${command}`, async (t) => {
        if (broken) return t.skip('a step before it failed')
        broken = true
        const { output, exitCode } = await shell.run(command)
        const missing = missingIn(output, expected)
        assert.equal(missing, null, `"${missing}" was expected, in:\n${output}`)
        const mayFail = expected.some((text) => /^(kbench|sort): /.test(text))
        // A machine that is too busy to keep to the schedule says so; all else of the run has to be right.
        const ways = command.startsWith('kbench run ') ? [0, 4] : [0]
        if (!mayFail) assert.ok(ways.includes(exitCode!), `exit ${exitCode}: ${output}`)
        // Lines are cut at the terminal's width, and of several reasons the first is shown; the table has the generator's verdict.
        if (exitCode === 4)
          assert.match(output.replace(/\s+/g, ' '), /could not keep to its schedule|generator INVALID/)
        broken = false
      })
    }
  })
}
