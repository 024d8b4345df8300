import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cellsOf, consumerSettings, planVariants, producerSettings } from '../../../src/profile/plan.ts'
import { profileSchema } from '../../../src/profile/schema.ts'

const profile = (input: object) => profileSchema.parse({ name: 'p', ...input })
const planOf = (input: object) => {
  const made = profile(input)
  return planVariants(cellsOf(made), made.repeat)
}
const order = (input: object) => planOf(input).map(({ client, repeat }) => `${client}${repeat}`)

describe('variants', () => {
  test('run in ABBA order over repetitions', () => {
    assert.deepEqual(order({ clients: ['A', 'B'], repeat: 4 }), ['A1', 'B1', 'B2', 'A2', 'A3', 'B3', 'B4', 'A4'])
    assert.deepEqual(order({ clients: ['A', 'B', 'C'], repeat: 2 }), ['A1', 'B1', 'C1', 'C2', 'B2', 'A2'])
  })

  test('every client comes first equally often over an even number of repetitions', () => {
    const plan = planOf({ clients: ['A', 'B'], repeat: 6 })
    const firsts = [1, 2, 3, 4, 5, 6].map((repeat) => plan.find((variant) => variant.repeat === repeat)!.client)
    assert.equal(firsts.filter((client) => client === 'A').length, 3)
  })

  test('ids are unique and say the client; the number only where there are several', () => {
    assert.deepEqual(
      planOf({ clients: ['A', 'B'] }).map(({ id }) => id),
      ['client=A', 'client=B'],
    )
    const ids = planOf({ clients: ['A', 'B'], repeat: 2 }).map(({ id }) => id)
    assert.deepEqual(ids, ['client=A#1', 'client=B#1', 'client=B#2', 'client=A#2'])
  })

  test('every variant names its client in its parameters', () => {
    for (const variant of planOf({ clients: ['A', 'B'], repeat: 2 })) {
      assert.deepEqual(variant.params, { client: variant.client })
    }
  })
})

describe('settings', () => {
  test('are the same for both clients, raw settings apart', () => {
    const input = profile({
      producers: { acks: 1, retries: 7, requestTimeout: '2s', clientConfig: { A: { x: 1 }, B: { y: 2 } } },
    })
    const { clientConfig: forA, ...a } = producerSettings(input, 'A')
    const { clientConfig: forB, ...b } = producerSettings(input, 'B')
    assert.deepEqual(a, b)
    assert.deepEqual([forA, forB], [{ x: 1 }, { y: 2 }])
    assert.deepEqual(producerSettings(input, 'C').clientConfig, {})
    assert.equal(a.acks, 1)
    assert.equal(a.retries, 7)
    assert.equal(a.requestTimeoutMs, 2000)
  })

  test('of a consumer are those of its group', () => {
    const input = profile({
      consumers: [
        { group: 'g1', members: 2 },
        { group: 'g2', fetch: { maxWait: '7ms' }, sessionTimeout: '20s', instanceId: 'me' },
      ],
    })
    const first = consumerSettings(input.consumers[0]!, 'A', 'kbench-run-g1', 1)
    assert.equal(first.group, 'kbench-run-g1')
    assert.equal(first.member, 1)
    assert.equal(first.instanceId, null)
    const second = consumerSettings(input.consumers[1]!, 'A', 'g', 0)
    assert.equal(second.fetch.maxWaitMs, 7)
    assert.equal(second.sessionTimeoutMs, 20_000)
    assert.equal(second.instanceId, 'me')
  })
})
