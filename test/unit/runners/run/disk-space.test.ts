import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ProfileInput, profileSchema } from '../../../../src/profile/schema.ts'
import { neededBytes, refuseWhereFull } from '../../../../src/runners/run/disk-space.ts'

const profile = (more: Partial<ProfileInput> = {}) =>
  profileSchema.parse({
    ...{ name: 'disk', cluster: { provider: 'local' }, topic: { partitions: 3, replicationFactor: 3 } },
    ...{ load: { rate: 10_000, record: { size: '1KiB' } }, phases: { warmup: '0s', measure: '100s' } },
    ...more,
  })
const external = { provider: 'external', bootstrap: ['127.0.0.1:9092'] }
/** 10⁶ records of 1 KiB on three brokers. */
const logBytes = 3 * 1024e6

describe('a run that cannot fit on the disk is refused before anything starts', () => {
  for (const [name, profiles, freeBytes, isRefused] of [
    ['too little', [profile()], logBytes, true],
    ['enough', [profile()], 1.1 * logBytes, false],
    ['two variants are there at once', [profile(), profile()], 1.1 * logBytes, true],
    ['of a third one the first is gone', [profile(), profile(), profile()], 2.1 * logBytes, false],
    ['its brokers are elsewhere', [profile({ cluster: external })], logBytes / 10, false],
    ['recordings alone do not fit', [profile({ cluster: external })], 1000, true],
    ['rate max: nobody knows', [profile({ load: { rate: 'max' } })], 1000, false],
    ['nothing is left to do', [], 0, false],
  ] as const) {
    test(name, async () => {
      const asked: string[] = []
      const free = async (folder: string) => {
        asked.push(folder)
        return freeBytes
      }
      const refusal = refuseWhereFull(profiles, 'results', free)
      if (!isRefused) return assert.doesNotReject(refusal)
      await assert.rejects(refusal, {
        code: 'environment',
        message: /^the run writes about .*, and results has .* left$/,
      })
      assert.deepEqual(asked, ['results'])
    })
  }

  test('a disk that is there, and a folder that is not', async () => {
    await refuseWhereFull([profile({ load: { rate: 1 } })], '/tmp/is/not/there')
    const huge = profile({
      load: { rate: 10_000_000, record: { size: '1MiB' } },
      phases: { warmup: '0s', measure: '20h' },
    })
    await assert.rejects(refuseWhereFull([huge], '/tmp/is/not/there'), { code: 'environment' })
    assert.ok(neededBytes([huge], true)! > 1e15)
  })
})
