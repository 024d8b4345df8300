import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { z } from 'zod'
import { systemClock } from '../../src/base/clock.ts'
import type { Fault, FaultContext, InjectedFault } from '../../src/contracts/api.ts'
import { commonFaultKeys } from '../../src/profile/check-faults.ts'
import { loadPlugin, pluginNames } from '../../src/registry.ts'
import { type FakeKafka, type FakeNode, startFakeKafka } from './_fake-kafka.ts'

const names = await pluginNames('faults')
const faults = await Promise.all(names.map(async (name) => [name, await loadPlugin('faults', name)] as const))

const folder = await mkdtemp(join(tmpdir(), 'kbench-faults-'))
after(() => rm(folder, { recursive: true, force: true }))

/** Options where the defaults are not enough, or would take long. */
const samples: Record<string, Record<string, unknown>> = {
  'change-broker-config': { set: { 'num.io.threads': 4, 'log.cleaner.threads': 2 } },
  'change-topic-config': { set: { 'max.message.bytes': 2000 } },
  command: { inject: ['true'], verify: ['true'], heal: ['true'] },
  'rolling-restart': { settle: '10ms' },
  'slow-network': { latency: '150ms', jitter: '5ms', bandwidth: '1MB/s' },
}

/** What a fault leaves as it is, by intention, or does to nothing here: test/unit/faults-command.test.ts is for a command's. */
const stays = ['command', 'add-partitions', 'elect-leaders', 'kill-producer']

/** Cannot be seen to be missing: a worker that stands still is running for all that is known outside, and a command that exits with 0 is believed. */
const unseen = ['command', 'pause-consumer']

interface Rig extends AsyncDisposable {
  kafka: FakeKafka
  context: FaultContext
  notes: string[]
  snapshot(): unknown
}

/** A cluster, and a load of two members and two producers, whose first member and first producer are the targets. */
async function rig(fault: Fault<unknown>, { lies = false } = {}): Promise<Rig> {
  // Whoever writes to it finds the disk full.
  const disk = await mkdtemp(join(folder, 'disk-'))
  await symlink('/dev/full', join(disk, 'kbench-fill'))
  const kafka = await startFakeKafka({ lies, disk })
  const running = new Set([0, 1, 2, 3])
  const paused = new Set<number>()
  let next = 4
  const notes: string[] = []
  const end = async (worker: number) => void (lies || running.delete(worker))
  const context: FaultContext = {
    cluster: kafka.cluster,
    clock: systemClock(),
    brokers: fault.target === 'all' ? kafka.nodes : fault.on === 'broker' ? [kafka.nodes[1]!] : [],
    topic: kafka.topic,
    metadata: kafka.metadata,
    workers: {
      targets: fault.on === 'producer' ? [2] : [0],
      kill: end,
      leave: end,
      async pause(worker) {
        paused.add(worker)
        return { [Symbol.asyncDispose]: async () => void paused.delete(worker) }
      },
      async join() {
        const worker = next++
        if (!lies) running.add(worker)
        return worker
      },
      isRunning: (worker) => running.has(worker),
    },
    below: () => 0,
    signal: new AbortController().signal,
    log: async () => {},
    note: (detail) => notes.push(detail),
  }
  return {
    kafka,
    context,
    notes,
    snapshot: () => ({ cluster: kafka.snapshot(), running: running.size, paused: paused.size }),
    [Symbol.asyncDispose]: () => kafka[Symbol.asyncDispose](),
  }
}

async function inject(name: string, fault: Fault<unknown>, context: FaultContext): Promise<InjectedFault> {
  return fault.inject(fault.options.parse(samples[name] ?? {}), context)
}

/** Asks as the runner does. */
async function isSeen(injected: InjectedFault, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs
  while (!(await injected.verify())) {
    if (performance.now() > deadline) return false
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return true
}

test('all of them are there', () => {
  assert.ok(names.length >= 23, names.join(', '))
})

describe('what every fault says of itself', () => {
  for (const [name, fault] of faults) {
    test(name, () => {
      assert.ok(
        fault.summary.length > 10 && fault.summary.length <= 120 && !fault.summary.includes('\n'),
        fault.summary,
      )
      assert.ok(fault.needs.every((need) => need.length > 1))
      assert.equal(fault.target === null, fault.on === 'topic', 'a fault of a topic has no target, others have one')
      if (fault.features.length > 0) assert.ok(fault.needs.length > 0, 'what a feature needs is said')
      assert.equal(fault.refused('local'), null)
      assert.equal(fault.refused('compose'), null)
      // The one that is for them.
      if (name !== 'command') assert.match(fault.refused('external') ?? '', /external/)
      for (const provider of ['mock', 'fake']) {
        const isOfLoad = fault.on === 'consumer' || fault.on === 'producer' || name === 'command'
        assert.equal(fault.refused(provider) === null, isOfLoad, `${provider}: ${fault.refused(provider)}`)
      }
    })
  }
})

describe('options', () => {
  for (const [name, fault] of faults) {
    test(`${name}: unknown ones are rejected, all are described, none hides a key of every fault`, () => {
      assert.ok(fault.options.safeParse(samples[name] ?? {}).success)
      const parsed = fault.options.safeParse({ ...samples[name], nonsense: 1 })
      assert.deepEqual(
        parsed.error?.issues.map(({ code }) => code),
        ['unrecognized_keys'],
      )
      assert.ok(fault.options instanceof z.ZodObject)
      for (const [key, option] of Object.entries(fault.options.shape)) {
        assert.ok((option as z.ZodType).description, `${key} has no description`)
        assert.ok(!(commonFaultKeys as readonly string[]).includes(key), key)
      }
    })
  }

  const wrong: readonly [string, Record<string, unknown>, RegExp][] = [
    ['rolling-restart', { settle: 5 }, /duration with a unit/],
    ['isolate-broker', { from: 'everybody' }, /all.*clients.*peers/],
    ['slow-network', { bandwidth: '1MB' }, /size per second, like 1MB\/s/],
    ['slow-network', { latency: '10ms', jitter: '20ms' }, /no more than latency/],
    ['slow-network', { latency: '0ms' }, /more than 0ms where there is no bandwidth/],
    ['reassign-partitions', { to: [1, 1] }, /every broker once/],
    ['change-topic-config', { set: {} }, /one setting or more/],
    ['change-broker-config', {}, /expected/],
    ['add-partitions', { count: 0 }, /1 or more/],
    ['remove-members', { count: 1.5 }, /whole number/],
  ]
  for (const [name, options, message] of wrong) {
    test(`${name} ${JSON.stringify(options)}`, async () => {
      const { options: schema } = await loadPlugin('faults', name)
      assert.match(
        schema
          .safeParse(options)
          .error?.issues.map((issue) => issue.message)
          .join('; ') ?? '',
        message,
      )
    })
  }
})

/** What happens to a broker whose disk is full. */
async function endOverFullDisk(name: string, { context }: Rig): Promise<void> {
  if (name === 'fill-disk') await (context.brokers[0] as FakeNode).crash()
}

describe('is injected, seen to have happened and healed', { concurrency: true }, () => {
  for (const [name, fault] of faults) {
    test(name, async (t) => {
      await using it = await rig(fault)
      const before = it.snapshot()
      const injected = await inject(name, fault, it.context)
      t.after(() => Promise.resolve(injected[Symbol.asyncDispose]()).catch(() => {}))
      await endOverFullDisk(name, it)
      assert.match(injected.detail, /\w/)
      assert.ok(await isSeen(injected, fault.verifyMs ?? 2000), `${injected.detail} is not seen`)
      if (name !== 'disconnect-clients') await injected.done
      if (!stays.includes(name) && injected.done === undefined)
        assert.notDeepEqual(it.snapshot(), before, 'it did something')
      await injected[Symbol.asyncDispose]()
      const healed = it.snapshot()
      if (!stays.includes(name)) assert.deepEqual(healed, before)
      await injected[Symbol.asyncDispose]()
      assert.deepEqual(it.snapshot(), healed, 'healing again changes nothing')
    })
  }
})

describe('is not seen where it does not take effect', { concurrency: true }, () => {
  for (const [name, fault] of faults) {
    test(name, async (t) => {
      await using it = await rig(fault, { lies: true })
      const injected = await inject(name, fault, it.context)
      // Also where the check below fails: a fault that repeats something would keep the process of the tests alive.
      t.after(() => Promise.resolve(injected[Symbol.asyncDispose]()).catch(() => {}))
      injected.done?.catch(() => {})
      assert.equal(await isSeen(injected, 100), unseen.includes(name), injected.detail)
      // A broker that never ended cannot be started again: healing may fail, but has to end.
      await Promise.resolve(injected[Symbol.asyncDispose]()).catch(() => {})
    })
  }
})

describe('is healed without harm where its brokers are gone by then', { concurrency: true }, () => {
  for (const [name, fault] of faults.filter(([, { on }]) => on === 'broker' || on === 'topic')) {
    // The settings of a broker are told to itself only: see the next test.
    if (name === 'change-broker-config') continue
    test(name, async () => {
      await using it = await rig(fault)
      const injected = await inject(name, fault, it.context)
      const target = (it.context.brokers[0] ?? it.kafka.nodes[0]) as FakeNode
      await target.crash()
      await injected[Symbol.asyncDispose]()
      const restarts = ['fill-disk', 'restart-broker', 'rolling-restart', 'stop-broker']
      if (name.startsWith('kill-') || restarts.includes(name)) assert.notEqual(target.pid, undefined, 'it is started')
      assert.deepEqual(
        it.kafka.nodes.slice(2).map(({ pid }) => pid === undefined),
        [false],
        'the others run',
      )
    })
  }

  test('change-broker-config waits for a broker that is coming back', async () => {
    const fault = await loadPlugin('faults', 'change-broker-config')
    await using it = await rig(fault)
    const before = it.snapshot()
    const injected = await inject('change-broker-config', fault, it.context)
    await it.kafka.nodes[0]!.crash()
    const healing = injected[Symbol.asyncDispose]()
    await it.kafka.nodes[0]!.start!()
    await healing
    const after = it.snapshot() as { cluster: { configs: unknown } }
    assert.deepEqual(after.cluster.configs, (before as typeof after).cluster.configs)
  })
})

describe('what goes wrong', () => {
  test('a half-done fault is undone: one proxy of two', async () => {
    const fault = await loadPlugin('faults', 'slow-network')
    await using it = await rig(fault)
    const before = it.snapshot()
    const [first, second] = it.kafka.nodes
    const context = { ...it.context, brokers: [first!, { id: second!.id, host: second!.host, port: second!.port }] }
    await assert.rejects(inject('slow-network', fault, context), /no Toxiproxy in front of broker 2/)
    assert.deepEqual(it.snapshot(), before)
  })

  test('a half-done fault is undone: one broker of two cannot be killed', async () => {
    const fault = await loadPlugin('faults', 'kill-broker')
    await using it = await rig(fault)
    const before = it.snapshot()
    const [first, second] = it.kafka.nodes
    const stubborn = { ...second!, pid: 7, signal: () => Promise.reject(new Error('not permitted')) }
    await assert.rejects(inject('kill-broker', fault, { ...it.context, brokers: [first!, stubborn] }), /not permitted/)
    assert.deepEqual(it.snapshot(), before)
  })

  test('a broker that somebody else has started in the meantime is left alone', async () => {
    const fault = await loadPlugin('faults', 'kill-broker')
    await using it = await rig(fault)
    const injected = await inject('kill-broker', fault, it.context)
    const target = it.context.brokers[0]!
    await target.start!()
    const { pid } = target
    await injected[Symbol.asyncDispose]()
    assert.equal(target.pid, pid)
  })

  test('brokers that do not run are no targets', async () => {
    const fault = await loadPlugin('faults', 'stop-broker')
    await using it = await rig(fault)
    await it.kafka.nodes[0]!.crash()
    const all = { ...it.context, brokers: it.kafka.nodes }
    const injected = await inject('stop-broker', fault, all)
    assert.equal(injected.detail, 'SIGTERM to brokers 2 and 3')
    await assert.rejects(inject('stop-broker', fault, all), /brokers 1, 2 and 3 do not run/)
    await injected[Symbol.asyncDispose]()
    assert.deepEqual(
      it.kafka.nodes.map(({ pid }) => pid === undefined),
      [true, false, false],
    )
  })

  test('kill-controller is for the controller only', async () => {
    const fault = await loadPlugin('faults', 'kill-controller')
    await using it = await rig(fault)
    const brokers = [it.kafka.nodes[0]!]
    await assert.rejects(inject('kill-controller', fault, { ...it.context, brokers }), /controller, which is broker 2/)
    assert.notEqual(brokers[0]!.pid, undefined)
  })

  test('a setting that does not exist is not set', async () => {
    const fault = await loadPlugin('faults', 'change-topic-config')
    await using it = await rig(fault)
    const before = it.snapshot()
    await assert.rejects(
      fault.inject({ set: { 'no.such.thing': '1' } }, it.context),
      /topic t has no setting "no.such.thing"/,
    )
    assert.deepEqual(it.snapshot(), before)
  })

  test('more members cannot leave than there are', async () => {
    const fault = await loadPlugin('faults', 'remove-members')
    await using it = await rig(fault)
    await assert.rejects(fault.inject({ count: 3 }, it.context), /3 members to leave, and 1 to choose from/)
  })

  test('more replicas than brokers to move them to', async () => {
    const fault = await loadPlugin('faults', 'reassign-partitions')
    await using it = await rig(fault)
    await assert.rejects(fault.inject({ to: [3], keep: false }, it.context), /has 2 replicas, and "to" names 1 broker$/)
  })
})

test('an aborted rolling restart goes no further', async () => {
  const fault = await loadPlugin('faults', 'rolling-restart')
  await using it = await rig(fault)
  const injected = await fault.inject(fault.options.parse({ settle: '1h' }), it.context)
  const pids = it.kafka.nodes.map(({ pid }) => pid)
  await injected[Symbol.asyncDispose]()
  await injected.done
  const [first, ...others] = it.kafka.nodes
  assert.notEqual(first!.pid, undefined)
  assert.deepEqual(
    others.map(({ pid }) => pid),
    pids.slice(1),
  )
})

test('reassign-partitions: to the next broker, or to those named', async () => {
  const fault = await loadPlugin('faults', 'reassign-partitions')
  const replicas = (it: Rig) =>
    it.kafka.metadata().then(({ partitions }) => partitions.map((each) => each.replicas.join()))
  await using it = await rig(fault)
  assert.deepEqual(await replicas(it), ['1,2', '2,3', '3,1'])
  const moved = await fault.inject({ keep: true }, it.context)
  assert.deepEqual(await replicas(it), ['2,3', '3,1', '1,2'])
  await moved[Symbol.asyncDispose]()
  assert.deepEqual(await replicas(it), ['2,3', '3,1', '1,2'], 'kept')
  const evacuated = await fault.inject({ to: [1, 2], keep: false }, it.context)
  assert.deepEqual(await replicas(it), ['1,2', '2,1', '1,2'])
  await evacuated[Symbol.asyncDispose]()
  assert.deepEqual(await replicas(it), ['2,3', '3,1', '1,2'])
})

test('fill-disk takes its file away again', async () => {
  const fault = await loadPlugin('faults', 'fill-disk')
  await using it = await rig(fault)
  const injected = await fault.inject({}, it.context)
  await (it.context.brokers[0] as FakeNode).crash()
  await injected[Symbol.asyncDispose]()
  assert.deepEqual(await readdir(it.context.brokers[0]!.disk!.path), [])
})
