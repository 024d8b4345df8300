import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { KbenchError } from '../../../src/base/errors.ts'
import { parseProfile } from '../../../src/profile/parse.ts'
import { planVariants } from '../../../src/profile/plan.ts'

// Rows of table X of the known defects, as far as a profile decides.

const parse = (lines: string, sets: { path: string; value: string }[] = []) =>
  parseProfile(`name: x\n${lines}\n`, { file: 'x.yaml', sets, env: {} })
const errors = (lines: string): string => {
  try {
    parse(lines)
  } catch (error) {
    return (error as KbenchError).details.join('\n')
  }
  return ''
}

describe('X18', () => {
  for (const name of ['a', '.a', '..a', '_', '-', 'A.b_c-9', 'x'.repeat(101), 'x'.repeat(249)]) {
    test(`X18: a topic may be called ${name.length > 20 ? `${name.length} characters` : name}`, () => {
      assert.equal(parse(`workload: produce\ntopic: { name: "${name}" }`).profile.topic.name, name)
    })
  }
  for (const name of ['', '.', '..', 'x'.repeat(250), 'a b', 'a/b', 'ä', 'a,b', 'a\\nb']) {
    test(`X18: and not ${name.length > 20 ? `${name.length} characters` : JSON.stringify(name)}`, () => {
      assert.match(errors(`workload: produce\ntopic: { name: "${name}" }`), /topic.name: expected 1 to 249 letters/)
    })
  }
})

describe('X3', () => {
  const stated = (lines: string, sets: { path: string; value: string }[] = []) =>
    planVariants(parse(`workload: produce\n${lines}`, sets).cells, 1)[0]!.stated
  test('X3: what is written is a statement, by file, option or matrix; a default is none', () => {
    assert.deepEqual(stated('topic: { name: orders }'), [])
    assert.deepEqual(stated('topic: { name: orders, partitions: 12 }'), ['partitions'])
    assert.deepEqual(stated('topic: { name: orders }', [{ path: 'topic.replicationFactor', value: '2' }]), [
      'replicationFactor',
    ])
    assert.deepEqual(stated('topic: { name: orders }\nmatrix: { topic.partitions: [1, 12] }'), ['partitions'])
  })
  test('X3: of a topic that is there its own partitions decide which may be named', () => {
    assert.equal(
      errors('workload: produce\ntopic: { name: orders }\nproducers: { partitioner: { explicit: [40] } }'),
      '',
    )
    assert.match(
      errors('workload: produce\nproducers: { partitioner: { explicit: [40] } }'),
      /there is no partition 40/,
    )
  })
})

describe('X7', () => {
  for (const policy of ['compact', '"compact,delete"', '"delete, compact"']) {
    test(`X7: cleanup.policy ${policy} without keys is refused, with keys it is not`, () => {
      const lines = `workload: produce\ntopic: { config: { cleanup.policy: ${policy} } }\n`
      assert.match(errors(lines), /cleanup.policy: a compacted topic takes no records without keys/)
      assert.equal(errors(`${lines}load: { record: { keys: { distribution: uniform } } }`), '')
    })
  }
})

describe('X8, X11: notes', () => {
  const notes = (lines: string) => parse(`workload: produce\n${lines}`).notes.join('\n')
  test('X11: a record that cannot fit, by its value, its key, its header', () => {
    const limited = 'topic: { config: { max.message.bytes: 1000 } }\n'
    assert.equal(notes(`${limited}load: { record: { size: 900B } }`), '')
    assert.match(
      notes(`${limited}load: { record: { size: 1000B } }`),
      /a record of 1000 bytes takes 1082 .* takes 1000 .*refused/,
    )
    assert.match(notes(`${limited}load: { record: { size: 917B, keys: { distribution: uniform } } }`), /refused/)
    assert.match(notes(`${limited}load: { record: { size: 900B, stamp: header } }`), /refused/)
    assert.match(notes(`${limited}load: { record: { size: { uniform: [10B, 2KiB] }, stamp: header } }`), /2048 bytes/)
    assert.match(notes('load: { record: { size: 2MiB } }'), /by default\): it will be refused/)
    assert.match(
      notes('load: { record: { size: 2MiB } }\nproducers: { compression: gzip }'),
      /fits only if it is compressed/,
    )
    assert.equal(
      notes('topic: { name: orders }\nload: { record: { size: 2MiB } }'),
      '',
      'its own limit is not known yet',
    )
  })
  test('X8: records that are gone before the variant is over', () => {
    assert.match(notes('topic: { config: { retention.ms: 20000 } }'), /kept for 20s, and a variant takes up to 55s/)
    assert.equal(notes('topic: { config: { retention.ms: 60000 } }'), '')
    assert.equal(notes('topic: { config: { retention.ms: -1 } }'), '')
  })
})

describe('X10', () => {
  const reads = (more: string) => `workload: consume\ntopic: { name: orders }\n${more}`
  test('X10: reading what is there needs no count, and takes every kind of start', () => {
    for (const from of [
      'earliest',
      'latest',
      '{ timestamp: 2026-03-01T10:15:00Z }',
      '{ timestamp: 5 }',
      '{ offsets: { 0: 7 } }',
    ]) {
      assert.equal(errors(reads(`load: { fill: none }\nconsumers: [ { group: g1, from: ${from} } ]`)), '', from)
    }
    const { from } = parse(reads('load: { fill: none }\nconsumers: [ { from: { timestamp: 1970-01-01T00:00:01Z } } ]'))
      .profile.consumers[0]!
    assert.deepEqual(from, { timestamp: 1000 })
  })
  test('X10: what does not fit together is refused', () => {
    assert.match(errors('load: { fill: none }\nconsumers: [ {} ]'), /load.fill: is for workload consume/)
    assert.match(errors('workload: consume\nload: { fill: none }\nconsumers: [ {} ]'), /topic: missing name/)
    assert.match(errors('consumers: [ { from: { timestamp: 5 } } ]'), /from: is for load.fill: none/)
    assert.match(errors('load: { latency: timestamp }\nconsumers: [ {} ]'), /load.latency: is for load.fill: none/)
    assert.match(errors(reads('load: { fill: none }\nconsumers: [ { from: { timestamp: yesterday } } ]')), /timestamp/)
    assert.match(errors(reads('load: { fill: none }\nconsumers: [ { from: { offsets: { x: 1 } } } ]')), /offsets/)
  })
})

describe('X4', () => {
  test('X4: the prefix is of characters that topics may have', () => {
    assert.equal(parse('workload: produce').profile.cluster.prefix, 'kbench-')
    assert.equal(parse('workload: produce\ncluster: { prefix: team-a. }').profile.cluster.prefix, 'team-a.')
    assert.match(errors('workload: produce\ncluster: { prefix: "a b" }'), /cluster.prefix: expected 1 to 80 letters/)
  })
})
