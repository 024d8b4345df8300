import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Cluster } from '../../src/contracts/api.ts'
import type { Variant } from '../../src/contracts/result.ts'
import type { ProfileInput } from '../../src/profile/schema.ts'
import { loadPlugin } from '../../src/registry.ts'
import { absentClients } from '../../src/runners/run/packages.ts'
import { isClosed } from '../cli/_live.ts'
import { variantOf } from './_variant.ts'

const zipf: ProfileInput['load'] = {
  rate: 300,
  record: { size: '200B', keys: { distribution: 'zipf', cardinality: 50 } },
}
const uniform: ProfileInput['load'] = {
  rate: 300,
  record: { size: { list: [40, 4000] }, keys: { distribution: 'uniform', cardinality: 100 } },
}
const group = (options: object): NonNullable<ProfileInput['consumers']> => [{ group: 'g1', members: 2, ...options }]

function assertSound(variant: Variant): void {
  const { id, status, ledger, integrity, lag, reasons, produce, consume } = variant
  assert.ok(['ok', 'invalid'].includes(status), `${id}: ${status} ${reasons}`)
  assert.ok(isClosed({ variants: [variant] }))
  assert.equal(
    ledger.acked,
    ledger.scheduled,
    `${JSON.stringify({ ledger, errors: produce.errors })} ${reasons.join('; ')}`,
  )
  assert.equal(integrity.verdict, 'ok', integrity.reasons.join('; '))
  assert.equal(integrity.lost, 0)
  assert.equal(integrity.corrupt, 0)
  assert.equal(integrity.audited, ledger.scheduled)
  assert.equal(integrity.logRecords, ledger.acked + integrity.duplicated)
  assert.ok(!reasons.some((reason) => /ended/.test(reason)), reasons.join('; '))
  for (const [group, { endRecords, drainS }] of Object.entries(lag)) {
    assert.equal(endRecords, 0, `lag of ${group}`)
    assert.notEqual(drainS, null)
  }
  const groups = Object.keys(lag).length
  if (consume?.endToEndUs) assert.equal(consume.endToEndUs.count, integrity.auditedMeasure * groups)
}

export interface ContractSite {
  /** Why there is none; undefined = it can run. */
  skip: string | undefined
  cluster(): Cluster
  replicationFactor: number
  /** The first case alone. */
  isBrief?: boolean
}

/** Declares what every client has to do on any cluster: equal settings, equal meaning. */
export async function declareContract(client: string, site: ContractSite): Promise<void> {
  const driver = await loadPlugin('drivers', client)
  const missing = (await absentClients(new Map([[client, driver]]))).get(client)?.message ?? false
  const { replicationFactor } = site
  const run = (input: Partial<ProfileInput> = {}): Promise<Variant> =>
    variantOf(site.cluster(), {
      name: 'contract',
      topic: { partitions: 6, replicationFactor, config: { 'min.insync.replicas': Math.min(2, replicationFactor) } },
      clients: [client],
      load: { rate: 300, record: { size: '200B' } },
      consumers: [{ group: 'g1', members: 2 }, ...(site.isBrief ? [] : [{ group: 'g2', members: 1 }])],
      phases: { clusterWarmup: '0s', warmup: '1s', measure: '2s', drain: '20s' },
      ...input,
    })

  describe(client, { skip: site.skip || missing, concurrency: 1 }, () => {
    for (const [what, input] of [
      [
        'acks all, idempotent, gzip, stamp in a header',
        {
          producers: { idempotence: true, compression: 'gzip' },
          load: { rate: 300, record: { size: 20, stamp: 'header' } },
        },
      ],
      [
        'acks 1, keys by crc32, snappy, round robin',
        {
          producers: { acks: 1, compression: 'snappy', partitioner: 'crc32' },
          load: zipf,
          consumers: group({ assignor: 'roundrobin' }),
        },
      ],
      [
        'its own partitioner, keys, sizes from a list, lz4, a send per partition, read uncommitted',
        {
          producers: { partitioner: 'native', compression: 'lz4', sendScope: 'partition' },
          load: uniform,
          consumers: group({ isolation: 'read_uncommitted' }),
        },
      ],
      [
        'long batches, static membership',
        { producers: { batch: { lingerMs: 50 } }, consumers: group({ instanceId: 'm' }) },
      ],
    ].slice(0, site.isBrief ? 1 : undefined) as [string, Partial<ProfileInput>][]) {
      test(`${what}: all acknowledged, all in the log, all read`, async () => {
        const variant = await run(input)
        assertSound(variant)
        const { effectiveConfig, produce } = variant
        assert.ok(Object.keys(effectiveConfig.producer ?? {}).length > 8)
        assert.ok(Object.keys(effectiveConfig.consumer ?? {}).length > 8)
        if ('batch' in (input.producers ?? {})) assert.ok(produce.recordsPerBatch! > 1, `${produce.recordsPerBatch}`)
      })
    }

    if (site.isBrief) return
    test('acks 0: handed over is unknown, and nothing is called lost', async () => {
      const { ledger, integrity, produce } = await run({ producers: { acks: 0 } })
      assert.equal(ledger.acked, 0)
      assert.equal(ledger.unknown, ledger.scheduled)
      assert.equal(produce.responseUs, null)
      assert.equal(produce.serviceUs, null)
      assert.equal(integrity.lost, 0)
      assert.equal(integrity.unknownRead, ledger.scheduled)
    })
  })
}
