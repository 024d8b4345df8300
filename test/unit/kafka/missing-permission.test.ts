import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KbenchError } from '../../../src/base/errors.ts'
import { errorText } from '../../../src/cli/text/error-text.ts'
import { missingPermission, missingPermissions, refusedStep } from '../../../src/kafka/missing-permission.ts'

const refusal = (type: string) => Object.assign(new Error('Not authorized'), { type })

test('a refusal for want of a permission is found under whatever wraps it', () => {
  const inner = refusal('TOPIC_AUTHORIZATION_FAILED')
  for (const error of [
    inner,
    new Error('x', { cause: inner }),
    Object.assign(new Error('x'), { errors: [refusal('OTHER'), inner] }),
    new KbenchError('environment', 'x', { cause: new AggregateError([inner]) }),
  ]) {
    assert.match(missingPermission(error) ?? '', /on the topic/)
  }
  assert.match(missingPermission(refusal('GROUP_AUTHORIZATION_FAILED')) ?? '', /Read to consume/)
  for (const other of [null, 'x', new Error('TOPIC_AUTHORIZATION_FAILED'), refusal('UNKNOWN_TOPIC_OR_PARTITION')]) {
    assert.equal(missingPermission(other), null)
  }
})

test('it is in the first line of the output', () => {
  const error = new KbenchError('environment', 'topic x: refused', { cause: refusal('TOPIC_AUTHORIZATION_FAILED') })
  assert.match(
    errorText(error, { columns: null, colour: false }).split('\n')[0]!,
    /topic x: refused: a permission on the topic is missing/,
  )
})

const plain = { columns: null, colour: false }
const topic = { type: 'topic', name: 'orders' } as const

test('X2: a step that is refused names permission and resource, once, and what to grant', () => {
  const step = { operation: 'Delete', resource: topic, what: 'cannot be deleted' } as const
  const error = refusedStep(step, refusal('TOPIC_AUTHORIZATION_FAILED'))
  const [first, second, ...others] = errorText(error, plain).trimEnd().split('\n')
  assert.equal(first, 'kbench: topic orders cannot be deleted: permission Delete on topic orders is missing')
  assert.match(second!, /grant Delete on topic orders .*--operation Delete --topic orders/)
  assert.deepEqual(others, [])
})

test('a refusal of another kind is told in the broker’s words', () => {
  const step = { operation: 'Create', resource: topic, what: 'cannot be created' } as const
  const error = refusedStep(step, refusal('POLICY_VIOLATION'), 'ask its owner')
  assert.deepEqual([error.message, error.hint], ['topic orders cannot be created: Not authorized', 'ask its owner'])
})

test('X2: several that are missing: the first in the first line, all of them to be granted', () => {
  const group = { type: 'group', name: 'kbench-g1' } as const
  const error = missingPermissions([
    { operation: 'Write', resource: topic, step: 'write records' },
    { operation: 'Read', resource: group, step: 'join the group' },
  ])
  assert.equal(error.message, 'permission Write on topic orders is missing (write records)')
  assert.deepEqual(error.details, ['permission Read on group kbench-g1 is missing (join the group)'])
  assert.match(error.hint ?? '', /grant Write on topic orders .*; grant Read on group kbench-g1 .*cluster\.prefix/)
})

test('of what a run names itself, a rule for the prefix', () => {
  const group = { type: 'group', name: 'kbench-run1-0-g1', prefix: 'kbench-' } as const
  const { hint } = missingPermissions([{ operation: 'Read', resource: group, step: 'join' }])
  assert.match(hint!, /^grant Read on group kbench-\* .*--group kbench- --resource-pattern-type prefixed/)
})
