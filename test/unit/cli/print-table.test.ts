import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configsOf } from '../../../src/cli/commands/option-values.ts'
import { tableText } from '../../../src/cli/text/print-table.ts'

test('columns as wide as their longest text, numbers to the right, nothing cut, no control characters', () => {
  const rows = [
    { name: 'a-rather-long-name', count: 7 },
    { name: 'b\u001b[31m', count: 1234 },
  ]
  const text = tableText<(typeof rows)[number]>(
    [
      { head: 'NAME', text: ({ name }) => name },
      { head: 'LAG', text: ({ count }) => String(count), right: true },
    ],
    rows,
  )
  assert.equal(text, 'NAME                 LAG\na-rather-long-name     7\nb\\u001b[31m         1234\n')
})

test('settings to set and to remove', () => {
  assert.deepEqual(configsOf(['retention.ms=1', 'cleanup.policy=compact,delete', 'x=a=b'], ['min.insync.replicas']), {
    'retention.ms': '1',
    'cleanup.policy': 'compact,delete',
    x: 'a=b',
    'min.insync.replicas': null,
  })
  assert.throws(() => configsOf(['retention.ms']), /expected name=value/)
})
