import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ConsumerContext, InRecord } from '../../../src/contracts/api.ts'
import { rangeAssigner } from '../../../src/drivers/platformatic-kafka/assigner.ts'
import { createPositions } from '../../../src/drivers/platformatic-kafka/positions.ts'
import type { CommitOffset, PlatformaticConsumer } from '../../../src/drivers/platformatic-kafka/types.ts'

const at = (partition: number, offset: number): InRecord => ({
  topic: 't',
  partition,
  offset,
  value: null,
  headers: null,
})
const partitions = (...ids: number[]) => ids.map((partition) => ({ topic: 't', partition }))

function setUp() {
  const commits: string[][] = []
  const events: string[] = []
  let failure: Error | null = null
  const consumer = {
    async commit({ offsets }: { offsets: readonly CommitOffset[] }) {
      if (failure) throw failure
      commits.push(offsets.map(({ partition, offset }) => `${partition}:${offset}`))
    },
  } as unknown as PlatformaticConsumer
  const context = { event: (kind: string, detail: string) => events.push(`${kind} ${detail}`) }
  const positions = createPositions(consumer, context as unknown as ConsumerContext)
  positions.keepOnly(partitions(0, 1))
  return {
    positions,
    commits,
    events,
    fail(error: Error | null) {
      failure = error
    },
  }
}

describe('what a consumer of @platformatic/kafka commits', () => {
  test('the offset after the last that was delivered, by partition, once', async () => {
    const { positions, commits } = setUp()
    positions.delivered([at(0, 4), at(0, 5), at(1, 9)])
    positions.delivered([at(0, 6)])
    await positions.commit()
    await positions.commit()
    assert.deepEqual(commits, [['0:7', '1:10']])
  })

  test('nothing of partitions that went to another member', async () => {
    const { positions, commits } = setUp()
    positions.delivered([at(0, 4), at(1, 9)])
    positions.keepOnly(partitions(1))
    positions.delivered([at(0, 5)])
    await positions.commit()
    assert.deepEqual(commits, [['1:10']])
  })

  test('a commit that failed goes along with the next one, unless there is a later one', async () => {
    const { positions, commits, events, fail } = setUp()
    positions.delivered([at(0, 4), at(1, 9)])
    fail(new Error('NOT_COORDINATOR'))
    await positions.commit()
    assert.deepEqual(events, ['client-error commit: NOT_COORDINATOR'])
    fail(null)
    positions.delivered([at(1, 10)])
    await positions.commit()
    assert.deepEqual(commits, [['0:5', '1:11']])
  })
})

test('the range assignor gives contiguous partitions in order of the member ids', () => {
  const members = new Map([
    ['b', {}],
    ['a', {}],
  ])
  const topics = new Map([
    ['t', { partitionsCount: 5 }],
    ['u', { partitionsCount: 1 }],
  ])
  const given = rangeAssigner('a', members, new Set(['t', 'u']), { topics })
  assert.deepEqual(
    given.map(({ memberId, assignments }) => [
      memberId,
      [...assignments.values()].map((each) => [each.topic, each.partitions]),
    ]),
    [
      [
        'a',
        [
          ['t', [0, 1, 2]],
          ['u', [0]],
        ],
      ],
      ['b', [['t', [3, 4]]]],
    ],
  )
})
