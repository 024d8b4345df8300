import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { corpusInputs, feed, fuzz, kinds, seedCount } from '../../support/fuzz-inputs.ts'

/** The long test goes on from here: test/long/fuzz.test.ts. */
const inputs = 150

describe('inputs that are changed at random are refused or shown, and nothing else', () => {
  for (const kind of kinds) {
    test(kind, async (t) => {
      const { accepted, failures } = await fuzz(kind, 0, inputs)
      assert.deepEqual(failures, [])
      const share = accepted / inputs
      t.diagnostic(`${kind}: ${(100 * share).toFixed(1)} % of ${inputs} accepted`)
      assert.ok(share >= 0.05 && share <= 0.6, `${accepted} of ${inputs} accepted`)
    })
  }

  test('there are at least 20 seeds of each kind', () => {
    assert.ok(kinds.every((kind) => seedCount(kind) >= 20))
  })

  test('what failed once does not fail again', async () => {
    for (const { name, kind, text } of corpusInputs()) {
      await assert.doesNotReject(feed(kind, text), name)
    }
  })
})
