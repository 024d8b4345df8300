import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cellsOf } from '../../../../src/profile/plan.ts'
import { type ProfileInput, profileSchema } from '../../../../src/profile/schema.ts'
import { planRun } from '../../../../src/runners/run/run-plan.ts'

const plan = (input: Partial<ProfileInput>) => {
  const profile = profileSchema.parse({ name: 'test', clients: ['fake'], ...input })
  return planRun(profile, cellsOf(profile))
}

describe('the plan of a run', () => {
  test('has every variant in order, its drivers, and none that cannot run', async () => {
    const { variants, drivers, unsupported, absent, reference } = await plan({ repeat: 2 })
    assert.deepEqual(
      variants.map(({ id }) => id),
      ['client=fake#1', 'client=fake#2'],
    )
    assert.deepEqual([[...drivers.keys()], unsupported.size, absent.size, reference], [['fake'], 0, 0, null])
  })

  test('has a reference tool’s variants beside those of the clients, and says what the tool cannot do', async () => {
    const { variants, drivers, reference, unsupported } = await plan({
      reference: 'kafka-perf-test',
      load: { rate: { poisson: { mean: 100 } } },
    })
    assert.deepEqual(
      variants.map(({ client }) => client),
      ['fake', 'kafka-perf-test'],
    )
    assert.deepEqual([[...drivers.keys()], reference === null], [['fake'], false])
    assert.deepEqual([...unsupported.keys()], ['client=kafka-perf-test'])
  })

  test('knows what a client cannot do before anything is started, for each variant of it', async () => {
    const { unsupported } = await plan({ clients: ['kafkajs'], producers: { compression: 'zstd' }, repeat: 2 })
    assert.deepEqual([...unsupported.keys()], ['client=kafkajs#1', 'client=kafkajs#2'])
    assert.match([...unsupported.values()][0]!, /zstd/)
  })

  test('of a client that there is none of is an error with a suggestion', async () => {
    await assert.rejects(plan({ clients: ['kafkjs'] }), { code: 'profile', hint: /kafkajs/ })
  })
})
