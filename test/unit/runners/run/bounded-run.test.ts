import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Cluster } from '../../../../src/contracts/api.ts'
import { boundedRun } from '../../../../src/runners/run/bounded-run.ts'
import type { RunWorld } from '../../../../src/runners/run/run-world.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'

// R1: a run ends although its cluster's provider or a tool never answers.

const never = () => new Promise<never>(() => {})
const minute = 60e9
const options = { provider: 'local', layout: 'kraft-1', startTimeout: 60_000 } as Parameters<
  RunWorld['startCluster']
>[0]

function scene(startCluster: (say: (line: string) => void) => Promise<Cluster>, more: Partial<RunWorld> = {}) {
  const clock = createFakeClock(0)
  const user = new AbortController()
  const said: string[] = []
  const world = boundedRun(
    {
      runVariant: never,
      runReference: never,
      ...more,
      startCluster: async (_options, { say }) => ({
        ...{ provider: 'local', transferable: 'yes', reason: 'a test' },
        cluster: await startCluster(say),
      }),
    },
    clock,
  )
  const context = { runId: 'r', directory: '/', signal: user.signal, say: (line: string) => void said.push(line) }
  return { clock, user, said, world, start: () => clock.run(world.startCluster(options, context)) }
}

const cluster = (more: Partial<Cluster> = {}): Cluster => ({
  network: { bootstrap: ['127.0.0.1:1'] },
  nodes: [],
  describe: async () => ({ layout: 'kraft-1', kafkaVersion: '4.1.0' }),
  async [Symbol.asyncDispose]() {},
  ...more,
})

describe('R1: the parts of a run have deadlines', () => {
  test('a provider that never says a word', async () => {
    const { clock, start } = scene(never)
    await assert.rejects(start(), /^KbenchError: start of the cluster: no answer within 960 s$/)
    assert.equal(clock.nowNs(), 16 * minute)
  })

  test('one that fetches for an hour and says so is waited for', async () => {
    const { clock, start, said } = scene(async (say) => {
      for (let n = 0; n < 12; n++) {
        await clock.sleepUntil(clock.nowNs() + 5 * minute)
        say(`fetched ${n}`)
      }
      return cluster()
    })
    assert.equal((await start()).provider, 'local')
    assert.equal(said.length, 12)
  })

  test('interrupted, it has a minute to take down what it started', async () => {
    const { clock, user, start } = scene(never)
    clock.at(minute, () => user.abort(new Error('Ctrl-C')))
    await assert.rejects(start(), /Ctrl-C/)
    assert.equal(clock.nowNs(), 2 * minute)
  })

  test('a cluster that does not stop, and one that does not describe itself', async () => {
    const { clock, start } = scene(async () => cluster({ describe: never, [Symbol.asyncDispose]: never }))
    const { cluster: started } = await start()
    await assert.rejects(
      clock.run(started.describe()),
      /^KbenchError: description of the cluster: no answer within 30 s$/,
    )
    await assert.rejects(
      clock.run(Promise.resolve(started[Symbol.asyncDispose]())),
      /^KbenchError: stop of the cluster: no answer within 90 s$/,
    )
  })

  test('what its nodes are now is asked anew, and the rest is as it was', async () => {
    let pid = 1
    const moving = Object.defineProperty(cluster(), 'nodes', { get: () => [{ id: 1, host: 'a', port: 1, pid }] })
    const { start } = scene(async () => moving)
    const { cluster: started } = await start()
    assert.equal(started.nodes[0]!.pid, 1)
    pid = 2
    assert.equal(started.nodes[0]!.pid, 2)
    assert.deepEqual(started.network.bootstrap, ['127.0.0.1:1'])
    assert.equal((await started.describe()).kafkaVersion, '4.1.0')
  })

  for (const [count, limitS] of [
    [undefined, 130],
    [1000, 140],
  ] as const) {
    test(`a tool that never ends, count ${count}`, async () => {
      const { clock, world } = scene(never)
      const profile = { phases: { warmup: 4000, measure: 6000 }, load: { count } }
      const job = { variant: { id: 'client=tool', profile }, signal: new AbortController().signal }
      const run = clock.run(world.runReference(job as unknown as Parameters<RunWorld['runReference']>[0]))
      await assert.rejects(run, new RegExp(`^KbenchError: reference client=tool: no answer within ${limitS} s$`))
    })
  }
})
