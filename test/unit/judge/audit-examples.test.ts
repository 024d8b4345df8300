import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createExamples, type ExampleKind } from '../../../src/judge/audit-examples.ts'

describe('examples of what is wrong with a log', () => {
  test('none where nothing is', () => {
    assert.deepEqual(createExamples().texts(), [])
  })

  test('say where the record is and which one it is, or which one came before it', () => {
    const examples = createExamples()
    examples.add('duplicated', 1, 20, 3, 400)
    examples.add('reordered', 2, 21, 3, 401, 405)
    examples.addUnstamped(4, 22)
    examples.addLost(5, 500, 6)
    assert.deepEqual(examples.texts(), [
      'lost: producer 5 sequence 500, acknowledged in partition 6',
      'corrupt: partition 4 offset 22 has no whole stamp',
      'duplicated: partition 1 offset 20 (producer 3, sequence 400)',
      'reordered: partition 2 offset 21: producer 3 sequence 401 after 405',
    ])
  })

  test('the worst are first, in the order in which they were found', () => {
    const examples = createExamples()
    const kinds: ExampleKind[] = ['reordered', 'duplicated', 'elsewhere', 'corrupt', 'lost']
    for (const kind of kinds) for (const offset of [1, 2]) examples.add(kind, 0, offset, 0, 0)
    assert.deepEqual(
      examples.texts().map((text) => text.split(' (')[0]),
      [...kinds].reverse().flatMap((kind) => [1, 2].map((offset) => `${kind}: partition 0 offset ${offset}`)),
    )
  })

  test('three of a kind, however they were found', () => {
    const examples = createExamples()
    for (let at = 0; at < 5; at++) {
      examples.add('duplicated', 0, at, 0, at)
      examples.addLost(0, at, 0)
      if (at < 2) examples.add('corrupt', 0, at, 0, at)
      else examples.addUnstamped(0, at)
    }
    const texts = examples.texts()
    for (const kind of ['lost', 'corrupt', 'duplicated'])
      assert.equal(texts.filter((text) => text.startsWith(`${kind}:`)).length, 3, kind)
    assert.ok(texts.includes('corrupt: partition 0 offset 2 has no whole stamp'))
  })
})
