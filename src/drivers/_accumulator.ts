import type { ClientTally, Clock, OutRecord, ProducerSettings } from '../contracts/api.ts'

/** kafkajs has no linger: this gathers records per partition, as librdkafka and the Java client do inside (FACTS 12). */
export interface Accumulator {
  add(records: readonly OutRecord[]): void
  /** Records not taken yet, for disposal. */
  rest(): OutRecord[]
  sends(): { count: number; records: number; batches: number }
}

export interface AccumulatorOptions {
  batch: ProducerSettings['batch']
  /** topic: one send over all partitions that have records; partition: one send each. */
  scope: ProducerSettings['sendScope']
  maxSends: number
  maxRecordsPerSend: number
  clock: Clock
  /** Called for each batch that leaves, with its records and how long they waited. */
  tally?(tally: ClientTally): void
  /** Must not throw or reject. */
  send(records: OutRecord[]): Promise<void>
}

interface Bucket {
  records: OutRecord[]
  bytes: number
  firstNs: number
  /** Sum over the records of when each was added. */
  addedNs: number
}

export function createAccumulator(options: AccumulatorOptions): Accumulator {
  const { batch, scope, clock } = options
  const lingerNs = batch.lingerMs * 1e6
  /** By partition; −1 (the client chooses) has a bucket too. Insertion order = age, for buckets are deleted when emptied. */
  const buckets = new Map<number, Bucket>()
  const done = { count: 0, records: 0, batches: 0 }
  let underWay = 0
  let queued = 0
  let timer: NodeJS.Timeout | null = null

  const isFull = (bucket: Bucket) => bucket.bytes >= batch.maxBytes || bucket.records.length >= batch.maxRecords
  const isReady = (bucket: Bucket, nowNs: number) => isFull(bucket) || nowNs - bucket.firstNs >= lingerNs

  function add(records: readonly OutRecord[]): void {
    const nowNs = clock.nowNs()
    for (const record of records) {
      let bucket = buckets.get(record.partition)
      if (!bucket) {
        bucket = { records: [], bytes: 0, firstNs: nowNs, addedNs: 0 }
        buckets.set(record.partition, bucket)
      }
      bucket.records.push(record)
      bucket.bytes += sizeOf(record)
      bucket.addedNs += nowNs
    }
    queued += records.length
    flush()
  }

  function flush(): void {
    const nowNs = clock.nowNs()
    while (underWay < options.maxSends) {
      const records = take(nowNs)
      if (records === null) break
      underWay++
      done.count++
      done.records += records.length
      queued -= records.length
      void options.send(records).then(() => {
        underWay--
        flush()
      })
    }
    schedule(nowNs)
  }

  function take(nowNs: number): OutRecord[] | null {
    // A send that is full gains nothing by waiting.
    let anyReady = scope === 'topic' && queued >= options.maxRecordsPerSend
    for (const [partition, bucket] of buckets) {
      if (!isReady(bucket, nowNs)) continue
      anyReady = true
      if (scope === 'partition') return takeFrom(partition, bucket, options.maxRecordsPerSend, nowNs)
      break
    }
    if (!anyReady) return null
    // An equal share of the send for every partition: all brokers have work, and none waits behind a long queue.
    const share = Math.max(1, Math.ceil(options.maxRecordsPerSend / buckets.size))
    const records: OutRecord[] = []
    for (const [partition, bucket] of [...buckets]) {
      const room = options.maxRecordsPerSend - records.length
      if (room <= 0) break
      for (const record of takeFrom(partition, bucket, Math.min(share, room), nowNs)) records.push(record)
    }
    return records
  }

  /** At most a batch: what is over stays for the next send, as old as it is. */
  function takeFrom(partition: number, bucket: Bucket, most: number, nowNs: number): OutRecord[] {
    let count = 0
    let bytes = 0
    const limit = Math.min(most, batch.maxRecords, bucket.records.length)
    while (count < limit) {
      const size = sizeOf(bucket.records[count]!)
      if (count > 0 && bytes + size > batch.maxBytes) break
      bytes += size
      count++
    }
    done.batches++
    // Of a batch that takes some records only: as old as the mean of all, which is within their linger.
    const meanNs = bucket.addedNs / bucket.records.length
    options.tally?.({
      queueUs: { sum: (Math.max(0, nowNs - meanNs) * count) / 1000, count },
      batch: { sum: count, count: 1 },
    })
    buckets.delete(partition)
    if (count === bucket.records.length) return bucket.records
    const rest = bucket.records.slice(count)
    buckets.set(partition, {
      records: rest,
      bytes: bucket.bytes - bytes,
      firstNs: Math.min(bucket.firstNs, nowNs),
      addedNs: meanNs * rest.length,
    })
    return bucket.records.slice(0, count)
  }

  function schedule(nowNs: number): void {
    if (timer !== null || buckets.size === 0 || underWay >= options.maxSends) return
    let oldestNs = nowNs
    for (const bucket of buckets.values()) oldestNs = Math.min(oldestNs, bucket.firstNs)
    const waitMs = Math.max(0, (oldestNs + lingerNs - nowNs) / 1e6)
    timer = setTimeout(() => {
      timer = null
      flush()
    }, waitMs)
  }

  return {
    add,
    rest() {
      if (timer) clearTimeout(timer)
      const records = [...buckets.values()].flatMap((bucket) => bucket.records)
      buckets.clear()
      queued = 0
      return records
    },
    sends: () => done,
  }
}

/** Of a record in a batch, beside key, value and headers: lengths, attributes and what it differs by from the first (format 2). */
const recordBytes = 21
/** Of a header, beside name and value. */
const headerBytes = 6

/** In a batch: what a limit of the topic or of the batch counts. */
function sizeOf(record: OutRecord): number {
  let size = recordBytes + (record.value?.length ?? 0) + (record.key?.length ?? 0)
  for (const name in record.headers) size += headerBytes + name.length + record.headers[name]!.length
  return size
}
