import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { brokersBack } from '../../../../src/runners/variant/brokers-back.ts'
import { type FakeKafka, startFakeKafka } from '../../_fake-kafka.ts'

/** Waits in virtual time; `meanwhile` is called with the number of each wait. */
function wait(
  { cluster }: Pick<FakeKafka, 'cluster'>,
  meanwhile: (pause: number) => unknown = () => {},
  signal = new AbortController().signal,
) {
  let nowMs = 0
  let pauses = 0
  const back = brokersBack(cluster, signal, {
    nowMs: () => nowMs,
    async pause(ms) {
      nowMs += ms
      await meanwhile(++pauses)
    },
  })
  return { back, pauses: () => pauses }
}

describe('brokers after trouble', () => {
  test('that are all there are not waited for', async () => {
    await using kafka = await startFakeKafka()
    const { back, pauses } = wait(kafka)
    await back
    assert.equal(pauses(), 0)
  })

  test('are waited for until the last one is registered again', async () => {
    await using kafka = await startFakeKafka()
    const [first, second] = kafka.nodes
    await first!.crash()
    await second!.crash()
    const { back, pauses } = wait(kafka, (pause) => (pause === 1 ? first! : second!).start!())
    await back
    assert.equal(pauses(), 2)
  })

  /** Looks at 0 s and at 45 s. */
  const inTwoLooks = ({ cluster }: FakeKafka, meanwhile = async () => {}) => {
    let nowMs = 0
    return brokersBack(cluster, new AbortController().signal, {
      nowMs: () => nowMs,
      async pause() {
        nowMs += 45_000
        await meanwhile()
      },
    })
  }

  test('that do not come back: which, after 90 s', async () => {
    await using kafka = await startFakeKafka()
    await kafka.nodes[1]!.crash()
    const message = 'the cluster is not whole again after 90 s: broker 2, 3 is missing'
    await assert.rejects(inTwoLooks(kafka, kafka.nodes[2]!.crash), { code: 'environment', message })
  })

  test('of which none answers: why', async () => {
    await using kafka = await startFakeKafka()
    for (const node of kafka.nodes) await node.crash()
    await assert.rejects(inTwoLooks(kafka), /not whole again after 90 s: .*ECONNREFUSED/)
  })

  test('Ctrl-C ends the wait, before it and in the midst of it', async () => {
    await using kafka = await startFakeKafka()
    await kafka.nodes[0]!.crash()
    const before = wait(kafka, () => {}, AbortSignal.abort())
    await assert.rejects(before.back, { name: 'AbortError' })
    assert.equal(before.pauses(), 0)
    const user = new AbortController()
    const amid = wait(kafka, (pause) => void (pause === 2 && user.abort()), user.signal)
    await assert.rejects(amid.back, { name: 'AbortError' })
    assert.equal(amid.pauses(), 2)
  })

  test('a cluster that speaks no protocol is asked in its own way', async () => {
    await using kafka = await startFakeKafka()
    const answers = async () => {
      throw new Error('dead')
    }
    const { signal } = new AbortController()
    await assert.rejects(brokersBack({ ...kafka.cluster, access: { answers } as never }, signal), /dead/)
    await brokersBack({ ...kafka.cluster, access: {} as never }, signal)
  })
})
