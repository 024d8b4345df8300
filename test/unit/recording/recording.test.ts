import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Fact } from '../../../src/contracts/facts.ts'
import { decodeFact, encodeFact } from '../../../src/recording/codec.ts'
import { createRecording } from '../../../src/recording/recording.ts'
import type { Sums } from '../../../src/recording/sums.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { planOf } from '../../support/plans.ts'

const event = (kind: string): Fact => ({ fact: 'event', atNs: 5, kind, detail: 'd' })
const never = new AbortController().signal

function setUp() {
  const clock = createFakeClock()
  const lines: string[] = []
  const recording = createRecording(planOf({}), clock, (line) => void lines.push(line))
  const has = (kind: string) => (sums: Sums) => sums.events.some((each) => each.kind === kind)
  return { clock, lines, recording, has, beganNs: clock.nowNs() }
}

describe('a recording', () => {
  test('writes each fact as its codec does, and folds what was written', () => {
    const { recording, lines } = setUp()
    recording.append(event('a'))
    recording.append(event('b'))
    assert.deepEqual(lines, [encodeFact(event('a')), encodeFact(event('b'))])
    assert.deepEqual(recording.sums.events, [event('a'), event('b')])
  })

  test('hands the decoded fact and the sums that hold it to everybody who subscribed, until disposed of', () => {
    const { recording } = setUp()
    const seen: [string, unknown, number][] = []
    const hear = (who: string) => recording.subscribe((fact, sums) => void seen.push([who, fact, sums.events.length]))
    const first = hear('first')
    hear('second')
    recording.append(event('a'))
    first[Symbol.dispose]()
    recording.append(event('b'))
    const decoded = (kind: string) => decodeFact(encodeFact(event(kind)))
    assert.deepEqual(seen, [
      ['first', decoded('a'), 1],
      ['second', decoded('a'), 1],
      ['second', decoded('b'), 2],
    ])
  })

  test('one who unsubscribes while a fact is handed out does not keep it from others', () => {
    const { recording } = setUp()
    const seen: string[] = []
    const own = recording.subscribe(() => {
      own[Symbol.dispose]()
      seen.push('own')
    })
    recording.subscribe(() => void seen.push('other'))
    recording.append(event('a'))
    recording.append(event('b'))
    assert.deepEqual(seen, ['own', 'other', 'other'])
  })
})

describe('waiting for what a recording holds', () => {
  test('what holds already is not waited for, even after the deadline and after an abort', async () => {
    const { recording, has, clock, beganNs } = setUp()
    recording.append(event('a'))
    const aborted = AbortSignal.abort()
    assert.equal(await recording.until(has('a'), { atNs: beganNs - 1, signal: aborted }), 'yes')
    assert.equal(clock.nowNs(), beganNs)
  })

  test('ends with the fact that makes it hold, at its moment', async () => {
    const { recording, has, clock, beganNs } = setUp()
    clock.at(beganNs + 1e9, () => recording.append(event('other')))
    clock.at(beganNs + 2e9, () => recording.append(event('a')))
    const done = await clock.run(recording.until(has('a'), { atNs: beganNs + 9e9, signal: never }))
    assert.equal(done, 'yes')
    assert.equal(clock.nowNs(), beganNs + 2e9)
  })

  test('ends at the deadline where it never holds', async () => {
    const { recording, has, clock, beganNs } = setUp()
    assert.equal(await clock.run(recording.until(has('a'), { atNs: beganNs + 3e9, signal: never })), 'deadline')
    assert.equal(clock.nowNs(), beganNs + 3e9)
  })

  test('ends with an abort, before or while it waits', async () => {
    const { recording, has, clock, beganNs } = setUp()
    const by = { atNs: beganNs + 9e9, signal: AbortSignal.abort() }
    assert.equal(await recording.until(has('a'), by), 'aborted')
    const user = new AbortController()
    clock.at(beganNs + 1e9, () => user.abort())
    assert.equal(await clock.run(recording.until(has('a'), { ...by, signal: user.signal })), 'aborted')
    assert.equal(clock.nowNs(), beganNs + 1e9)
  })

  test('leaves no listener behind, however it ends', async () => {
    const { recording, has, clock, beganNs } = setUp()
    let asked = 0
    const counted = (sums: Sums) => {
      asked++
      return has('a')(sums)
    }
    await clock.run(recording.until(counted, { atNs: beganNs + 1e9, signal: never }))
    const before = asked
    recording.append(event('b'))
    assert.equal(asked, before)
  })
})
