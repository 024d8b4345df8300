import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { nowNs } from '../../../../src/base/clock.ts'
import type { WorkerPlan } from '../../../../src/contracts/api.ts'
import { workerPlan } from '../../../../src/load/worker-plan.ts'
import type { CanaryJob, FromCanary } from '../../../../src/runners/hosts/canary-serve.ts'
import { forkChild, killChildren, v8Options } from '../../../../src/runners/hosts/children.ts'
import type { FromHost, FromWorker, ToHost } from '../../../../src/runners/hosts/protocol.ts'
import { serveWorker } from '../../../../src/runners/hosts/worker.ts'
import { topicOf } from '../../../support/crew.ts'
import { planOf } from '../../../support/plans.ts'

// The entry points themselves, each as a process: what runs in them is tested elsewhere without one.

/** Producers of kbench's fake client, which send so few records that they are done at once. */
function workers(count: number, change: Partial<WorkerPlan> = {}): WorkerPlan[] {
  const plan = planOf({ load: { rate: 1000, count: 10 * count }, producers: { count }, topic: { partitions: 2 } })
  const topic = topicOf(plan, 0)
  return plan.workers.map((spec) => ({ ...workerPlan(plan, spec, topic, { bootstrap: [] }), ...change }))
}

interface Host {
  child: ChildProcess
  said: Map<number, FromWorker[]>
  send(worker: number, message: ToHost['message']): void
  /** Resolves with the first message of that type. */
  heard<T extends FromWorker['type']>(worker: number, type: T): Promise<Extract<FromWorker, { type: T }>>
  /** Resolves with its exit code, or signal. */
  end(): Promise<number | string>
}

function openHost(isolation: 'thread' | 'process'): Host {
  const child = forkChild('host', [isolation])
  child.stdout!.resume()
  child.stderr!.resume()
  const said = new Map<number, FromWorker[]>()
  let changed = () => {}
  child.on('message', (received: FromHost) => {
    if ('type' in received) return
    said.set(received.worker, [...(said.get(received.worker) ?? []), received.message])
    changed()
  })
  child.once('exit', () => changed())
  return {
    child,
    said,
    send: (worker, message) => void child.send({ worker, message }),
    async heard(worker, type) {
      for (;;) {
        const found = said.get(worker)?.find((message) => message.type === type)
        if (found) return found as never
        assert.equal(child.exitCode ?? child.signalCode, null, `ended before ${type} of worker ${worker}`)
        await new Promise<void>((resolve) => {
          changed = resolve
        })
      }
    },
    async end() {
      const exit = once(child, 'exit')
      child.disconnect()
      const [code, signal] = (await exit) as [number | null, string | null]
      return code ?? signal!
    },
  }
}

describe('the process of one worker', () => {
  test('runs it from init to done; signals are not meant for it; it ends with its supervisor', async () => {
    const [plan] = workers(1)
    const { child, said, send, heard, end } = openHost('process')
    send(0, { type: 'init', plan: plan! })
    await heard(0, 'ready')
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) child.kill(signal)
    send(0, { type: 'start', startNs: nowNs() })
    const { report } = await heard(0, 'done')
    assert.deepEqual([report.sent, report.recordsPerBatch], [10, null])
    assert.ok(String(report.effectiveConfig['kbench.nodeOptions']).includes(v8Options[0]!))
    const frames = said.get(0)!.flatMap((message) => (message.type === 'frame' ? [message] : []))
    const settled = frames.reduce((sum, { settled: records }) => sum + (records?.sequences.length ?? 0), 0)
    assert.equal(settled, 10)
    assert.equal(await end(), 1)
  })
})

test('a worker whose driver cannot be loaded says so, and what there is', async () => {
  const [plan] = workers(1, { driver: 'kafkjs' })
  const sent: FromWorker[] = []
  await serveWorker({
    send: (message) => void sent.push(message),
    onMessage: (listener) => listener({ type: 'init', plan: plan! }),
  })
  const [message] = sent
  assert.deepEqual([sent.length, message?.type === 'error' && message.message], [1, 'there is no "kafkjs" in drivers'])
  assert.match((message?.type === 'error' && message.hint) || '', /kafkajs/)
})

describe('the process of several workers, a thread each', () => {
  test('a paused one does nothing until it is resumed; one that is killed says so; one that throws is told of', async () => {
    const clientConfig = { throwAfterMs: 1, latencyMs: 1000 }
    const plans = workers(3).map((plan) =>
      plan.worker === 1 ? { ...plan, producer: { ...plan.producer!, clientConfig } } : plan,
    )
    const { said, send, heard, end } = openHost('thread')
    for (const plan of plans) send(plan.worker, { type: 'init', plan })
    for (const { worker } of plans) await heard(worker, 'ready')
    send(0, { type: 'pause' })
    for (const worker of [0, 1]) send(worker, { type: 'start', startNs: nowNs() })
    send(2, { type: 'kill' })
    assert.deepEqual(await heard(2, 'error'), { type: 'error', message: 'killed', hint: null })
    assert.match((await heard(1, 'error')).message, /^worker thread: the fake driver throws, as its settings ask/)
    // The others have come to their end meanwhile.
    assert.deepEqual(
      said.get(0)!.map(({ type }) => type),
      ['ready'],
    )
    send(0, { type: 'resume' })
    assert.equal((await heard(0, 'done')).report.sent, 10)
    // Nobody there: no reason to end.
    for (const type of ['resume', 'pause', 'kill'] as const) send(9, { type })
    assert.equal(await end(), 1)
  })
})

test('the canary’s process tells why it cannot sing, and ends', async () => {
  const job: CanaryJob = {
    // Where node-rdkafka is not installed that is the reason.
    network: { bootstrap: [], security: { tls: { verification: 'full', ca: 'no certificate' } } },
    ...{ topic: 't', partitions: 1, recordsPerSec: 20, acks: 'all', run: 1 },
    clientId: 'canary',
  }
  const child = forkChild('canary-host')
  child.stdout!.resume()
  child.stderr!.resume()
  const exit = once(child, 'exit')
  const answer = once(child, 'message') as Promise<[FromCanary]>
  child.send({ type: 'init', job })
  const [said] = await answer
  assert.match(said.type === 'error' ? said.message : said.type, /node-rdkafka/)
  assert.deepEqual(await exit, [1, null])
})

test('a second Ctrl-C kills whatever was forked and lives', async () => {
  const children = [forkChild('host', ['process']), forkChild('audit-host')]
  const ended = children.map((child) => once(child, 'exit'))
  killChildren()
  assert.deepEqual(
    await Promise.all(ended),
    [1, 2].map(() => [null, 'SIGKILL']),
  )
  killChildren()
})
