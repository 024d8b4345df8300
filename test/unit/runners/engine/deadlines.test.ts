import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ProfileInput } from '../../../../src/profile/schema.ts'
import type { FakeTopicOptions } from '../../../support/fake-topic.ts'
import { type FakeWorld, fakeFault, type Trouble } from '../../../support/fake-world.ts'
import { fails, measure, type Scene } from '../../../support/measure.ts'
import { planOf } from '../../../support/plans.ts'

// R1: whatever stops answering, at whatever stage, a variant ends in bounded time.

const never = () => new Promise<never>(() => {})
const profile = (more: Partial<ProfileInput> = {}): Partial<ProfileInput> => ({
  topic: { partitions: 4 },
  load: { rate: 1000 },
  producers: { count: 2 },
  consumers: [{ group: 'g2', members: 2 }],
  phases: { warmup: '2s', measure: '4s', drain: '3s' },
  ...more,
})
const consume: Partial<ProfileInput> = {
  ...{ workload: 'consume', load: { count: 300_000 }, phases: { warmup: '0s', measure: '4s', drain: '3s' } },
}
/** Phases, drain, an audit of next to nothing and 10 s; and 30 s. */
const mostS = 2 + 4 + 3 + 10 + 30

type Asked = Parameters<NonNullable<FakeTopicOptions['onAsked']>>[0]
const silentAt = (stage: Asked): Partial<FakeTopicOptions> => ({
  onAsked: (what) => (what === stage ? never() : undefined),
})

describe('R1: the cluster stops answering before anything is measured: the variant fails, and the error names the stage', () => {
  for (const [asked, stage] of [
    ['create', 'topic'],
    ['describe', 'topic'],
    ['probe', 'probes'],
    ['offsets', 'offsets'],
    ['commit', 'start of a group'],
  ] as const) {
    test(asked, async () => {
      const plan = planOf(profile())
      const { error, tookS } = await fails({ plan, topic: silentAt(asked) })
      assert.match(error.message, new RegExp(`^${stage} of ${plan.id}: no answer within 3\\d(\\.\\d+)? s$`))
      assert.ok(tookS <= mostS, `${tookS} s`)
    })

    test(`${asked}, interrupted: over a second later`, async () => {
      const { error, tookS } = await fails({
        plan: planOf(profile()),
        topic: silentAt(asked),
        interrupt: { afterS: 5 },
      })
      assert.equal(error.name, 'AbortError')
      assert.equal(tookS, 6)
    })
  }
})

/** What never answers, or never ends, and whether there is a result all the same. */
const silences: [string, 'error' | 'result', (world: FakeWorld) => void, Partial<ProfileInput>?][] = [
  ['the watch of leaders', 'error', (world) => silenced(world, 'watchLeaders'), { canary: { enabled: true } }],
  ['the canary', 'error', (world) => silenced(world, 'startCanary'), { canary: { enabled: true } }],
  ['the watch of limits', 'error', (world) => silenced(world, 'openGuard'), { limits: { foreignLag: 1000 } }],
  ['the end of the canary', 'result', (world) => endless(world, 'startCanary'), { canary: { enabled: true } }],
  [
    'the end of the watch of leaders',
    'result',
    (world) => endless(world, 'watchLeaders'),
    { canary: { enabled: true } },
  ],
  [
    'the end of the watch of limits',
    'result',
    (world) => endless(world, 'openGuard'),
    { limits: { foreignLag: 1000 } },
  ],
  ['the end of the load hosts', 'result', ({ hosts }) => endless(hosts, 'open')],
  ['the end of the audit', 'result', (world) => endless(world, 'openAudit')],
  ['the end of the lag sampler', 'result', ({ access }) => endless(access, 'lagSampler')],
  ['the looks at brokers', 'result', (world) => silenced(world, 'sampleUsage')],
  ['the looks at metrics', 'result', (world) => silenced(world, 'sampleMetrics')],
  ['the first look at limits', 'error', (world) => guardThat(world, never), { limits: { foreignLag: 1000 } }],
  ['the looks at lag', 'result', ({ access }) => lagThat(access, never)],
]

const silenced = (world: FakeWorld, name: keyof FakeWorld) => void Object.assign(world, { [name]: never })

/** What it opens is closed, but never says so. */
function endless<T extends object, K extends keyof T>(of: T, name: K): void {
  const open = of[name] as (...all: unknown[]) => unknown
  const unending = (resource: object) => {
    const close = (resource as AsyncDisposable)[Symbol.asyncDispose].bind(resource)
    const end = () => close().then(never)
    return { ...resource, ...('stop' in resource && { stop: end }), [Symbol.asyncDispose]: end }
  }
  of[name] = ((...all: unknown[]) => {
    const resource = open(...all)
    return resource instanceof Promise ? resource.then(unending) : unending(resource as object)
  }) as T[K]
}

function guardThat(world: FakeWorld, look: () => Promise<never>): void {
  const open = world.openGuard
  world.openGuard = async (...all) => ({ ...(await open(...all)), look })
}

function lagThat(access: FakeWorld['access'], sample: () => Promise<never>): void {
  const open = access.lagSampler
  access.lagSampler = (options) => ({ ...open(options), sample })
}

describe('R1: one part of the world never answers or never ends', () => {
  for (const [name, outcome, silence, more = {}] of silences) {
    test(`${name}: ${outcome}`, async () => {
      const plan = planOf(profile(more))
      const scene: Scene = { plan, prepare: (_, world) => silence(world) }
      const { tookS, ...rest } = outcome === 'error' ? await fails(scene) : await measure(scene)
      if ('variant' in rest) assert.equal(rest.variant.ledger.acked, 6000)
      assert.ok(tookS <= mostS, `${tookS} s`)
    })
  }

  test('the audit: not audited, and the rest of the result is there', async () => {
    const { variant, tookS } = await measure({ plan: planOf(profile()), topic: silentAt('audit') })
    assert.equal(variant.integrity.verdict, 'not-audited')
    assert.match(variant.integrity.reasons[0]!, /^audit of .*: no answer within 30 s$/)
    assert.equal(variant.ledger.acked, 6000)
    assert.ok(tookS <= mostS, `${tookS} s`)
  })

  test('an audit that comes forward is waited for', async () => {
    const { variant, tookS } = await measure({
      plan: planOf(profile()),
      prepare(clock, world) {
        const open = world.openAudit
        world.openAudit = (...all) => {
          const session = open(...all)
          const { audit } = session
          session.audit = async (request) => {
            for (let n = 0; n < 10; n++) {
              await clock.sleepUntil(clock.nowNs() + 20e9)
              request.alive?.()
            }
            return audit.call(session, request)
          }
          return session
        }
      },
    })
    assert.equal(variant.integrity.verdict, 'ok')
    assert.ok(tookS > 200)
  })

  test('the clean-up: the result is there, and what may be left is named', async () => {
    const plan = planOf(profile())
    const { variant, logs, tookS } = await measure({ plan, topic: silentAt('remove') })
    assert.equal(variant.status, 'ok')
    assert.ok(
      logs.some((line) => /^not deleted: clean-up of .*: no answer within 20 s; kbench clean -b/.test(line)),
      logs.join('\n'),
    )
    assert.ok(tookS <= mostS, `${tookS} s`)
  })
})

describe('R1: workers stand still for good, one or all, at any time', () => {
  const troubles: [string, Trouble][] = [
    ['before they are ready', { is: 'never-ready' }],
    ...[0.1, 1, 3, 5.9, 6.1, 8].map((s): [string, Trouble] => [
      `at ${s} s`,
      { is: 'freezes', atNs: s * 1e9, forNs: 1e18 },
    ]),
    ...[0.1, 3, 6.1].map((s): [string, Trouble] => [`mute at ${s} s`, { is: 'goes-mute', atNs: s * 1e9 }]),
  ]
  for (const [when, trouble] of troubles) {
    for (const [who, workers] of Object.entries({ 'a producer': [0], 'a consumer': [2], all: [0, 1, 2, 3] })) {
      for (const hosts of ['scripted', 'real'] as const) {
        test(`${who} ${when}, ${hosts} workers`, async () => {
          const plan = planOf(profile({ load: { rate: hosts === 'real' ? 40 : 1000 } }))
          const scene: Scene = {
            ...{ plan, hosts, ticks: 'unlike' },
            troubles: Object.fromEntries(workers.map((worker) => [worker, [trouble]])),
          }
          if (trouble.is === 'never-ready') {
            const { error, tookS } = await fails(scene)
            assert.match(error.message, /^not ready after 35\.08 s/)
            assert.ok(tookS <= mostS, `${tookS} s`)
          } else {
            const { variant, tookS } = await measure(scene)
            // What comes after its end does not change what was measured.
            if ('atNs' in trouble && trouble.atNs < 6e9) assert.notEqual(variant.status, 'ok')
            assert.ok(tookS <= mostS, `${tookS} s`)
          }
        })
      }
    }
  }

  test('a producer while the topic is filled', async () => {
    const plan = planOf(profile(consume))
    const { error, tookS } = await fails({
      plan,
      maxPerSec: 1000,
      prepare(clock, world) {
        clock.at(clock.nowNs() + 10e9, () => world.gates.get(0)!.freeze())
      },
    })
    assert.match(error.message, /not filled|silent/)
    assert.ok(tookS <= 700, `${tookS} s`)
  })
})

describe('R1: a fault stands still', () => {
  for (const [name, fault] of Object.entries({
    'its injection': fakeFault({ inject: never }),
    'its verification': {
      ...fakeFault(),
      inject: async () => ({ detail: 'x', verify: never, async [Symbol.asyncDispose]() {} }),
    },
    'its healing': fakeFault({ heal: never }),
  })) {
    test(name, async () => {
      const plan = planOf(profile({ faults: [{ use: 'test', at: '1s', for: '1s' }] }))
      const { variant, tookS } = await measure({ plan, faults: { test: fault } })
      assert.notEqual(variant.status, 'ok', variant.reasons.join())
      assert.equal(variant.ledger.acked, 6000)
      // Brokers that are started again have a minute and a half.
      assert.ok(tookS <= mostS + (name === 'its healing' ? 60 : 0), `${tookS} s`)
    })
  }
})
