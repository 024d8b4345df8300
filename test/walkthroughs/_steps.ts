import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { freePorts } from '../../src/clusters/shared/ports.ts'
import { loadPlugin } from '../../src/registry.ts'
import { kbench } from '../cli/_kbench.ts'
import type { sandbox } from '../cluster/_providers.ts'
import { createShell, missingIn, stepsOf } from './_walkthrough.ts'

/** Where a page is run. */
export interface PageRun {
  provider: string
  /** Three brokers, three ZooKeepers, Connect. */
  ports: number[]
  skip: string | undefined
}

/** Ports are taken from those that are not in `taken`, and put there. */
export async function planRun(layout: string, provider: string, taken: Set<number>): Promise<PageRun> {
  const plugin = await loadPlugin('clusters', provider)
  const options = plugin.options.parse({ provider, layout, startTimeout: 60_000 })
  const able = await plugin.available(options, new AbortController().signal)
  const ports = await freePorts(7, taken)
  for (const port of ports) taken.add(port)
  return { provider, ports, skip: able.ok ? undefined : `provider ${provider}: ${able.reason}` }
}

/** A test for each command of a page, which share a shell. The cluster of that name is taken down in the end. */
export function declareSteps({
  name,
  page,
  box,
  provider,
  ports,
  skip,
}: PageRun & { name: string; page: string; box: ReturnType<typeof sandbox> }): void {
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
    for (const { command, expected, line } of stepsOf(page)) {
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
          assert.match(
            output.replace(/\s+/g, ' '),
            /could not keep to its (schedule|…)|(generator|schedule lag) INVALID/,
          )
        broken = false
      })
    }
  })
}
