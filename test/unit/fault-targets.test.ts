import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRng } from '../../src/base/rng.ts'
import type { Cluster, WorkerPlan } from '../../src/contracts/api.ts'
import { resolveTarget, type TargetContext } from '../../src/runners/variant/fault-targets.ts'

const consumer = (worker: number, group: string, member: number) =>
  ({ worker, role: { kind: 'consumer', group, member } }) as WorkerPlan
const planned = [
  { worker: 0, role: { kind: 'producer', index: 0 } } as WorkerPlan,
  consumer(1, 'kbench-g1', 0),
  consumer(2, 'kbench-g1', 1),
  consumer(3, 'kbench-g2', 0),
]
const context = (running: readonly number[]): TargetContext => ({
  cluster: { nodes: [] } as unknown as Cluster,
  topic: 't',
  planned,
  running: planned.filter(({ worker }) => running.includes(worker)),
  groupNames: new Map([
    ['g1', 'kbench-g1'],
    ['g2', 'kbench-g2'],
  ]),
  rng: createRng(1, 1),
})
const members = { on: 'consumer', target: { member: 0 } } as const

test('a member is found by its number, in the first group unless another one is named', async () => {
  const found = await resolveTarget(members, undefined, context([0, 1, 2, 3]))
  assert.deepEqual(found, { brokers: [], workers: [1], words: 'member 0 of group g1' })
  const other = await resolveTarget(members, { member: 0, group: 'g2' }, context([0, 1, 2, 3]))
  assert.deepEqual(other.workers, [3])
})

test('who has ended is no target', async () => {
  await assert.rejects(
    resolveTarget(members, undefined, context([0, 2, 3])),
    /no consumer that is the target is running/,
  )
})

test('but others may join like one that has ended', async () => {
  const found = await resolveTarget({ ...members, targetIsModel: true }, undefined, context([0, 2, 3]))
  assert.deepEqual(found.workers, [1])
})

test('random targets are among those that run', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const found = await resolveTarget(members, 'random', { ...context([2]), rng: createRng(seed, 1) })
    assert.deepEqual(found.workers, [2])
  }
})
