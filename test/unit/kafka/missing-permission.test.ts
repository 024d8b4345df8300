import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KbenchError } from '../../../src/base/errors.ts'
import { errorText } from '../../../src/cli/text/error-text.ts'
import { missingPermission } from '../../../src/kafka/missing-permission.ts'

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
    /topic x: refused: the user lacks a permission/,
  )
})
