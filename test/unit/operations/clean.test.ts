import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namesOfRuns } from '../../../src/operations/clean.ts'

const id = '20260101-101010-orders-12ab'
const runOf = namesOfRuns(['kbench-', 'a.b*'], [{ runId: '20260202-020202-x-0000', prefix: 'team.' }])

for (const [name, kind, run] of [
  [`kbench-${id}-0`, 'topics', id],
  [`kbench-${id}-90001`, 'topics', id],
  [`kbench-${id}-0-g1`, 'groups', id],
  [`a.b*${id}-3`, 'topics', id],
  ['team.20260202-020202-x-0000-1', 'topics', '20260202-020202-x-0000'],
  ['team.20260202-020202-x-0000-1-g', 'groups', '20260202-020202-x-0000'],
  // A profile may have any name, this one too.
  ['kbench-20260101-101010-a-1-b-12ab-7', 'topics', '20260101-101010-a-1-b-12ab'],
  // Of others, though they begin alike.
  ['kbench-orders', 'topics', null],
  ['kbench-', 'topics', null],
  [`kbench-${id}`, 'topics', null],
  [`kbench-${id}-0-g1`, 'topics', null],
  [`kbench-${id}-0-backup`, 'topics', null],
  [`kbench-${id}-0`, 'groups', null],
  [`kbench-${id}-x-g1`, 'groups', null],
  [`my-kbench-${id}-0`, 'topics', null],
  ['kbench-20260101-101010-orders-12xy-0', 'topics', null],
  [`axb*${id}-3`, 'topics', null],
  ['team.20260202-020202-y-0000-1', 'topics', null],
  ['teamX20260202-020202-x-0000-1', 'topics', null],
] as const) {
  test(`${kind === 'topics' ? 'topic' : 'group'} ${name}: ${run ?? 'not of kbench'}`, () => {
    assert.equal(runOf(name, kind), run)
  })
}
