import { outcomeCodes, type SettledRecords } from './frame.ts'

/** Outcome and partition of every record of one producer, by sequence: 3 bytes a record. */
export interface ProducerLedger {
  producer: number
  /** Sequences seen are below this. */
  length: number
  outcomes: Uint8Array
  partitions: Uint16Array
  acked: number
  failed: number
  unknown: number
}

export function createLedger(producer: number): ProducerLedger {
  return {
    producer,
    length: 0,
    outcomes: new Uint8Array(65_536),
    partitions: new Uint16Array(65_536),
    acked: 0,
    failed: 0,
    unknown: 0,
  }
}

/** Enters settled records. A record that settles twice is a bug in a driver, and thrown. */
export function enter(ledger: ProducerLedger, settled: SettledRecords): void {
  for (let at = 0; at < settled.sequences.length; at++) {
    const sequence = settled.sequences[at]!
    if (sequence >= ledger.outcomes.length) grow(ledger, sequence + 1)
    if (ledger.outcomes[sequence] !== outcomeCodes.none) {
      throw new Error(`record ${sequence} of producer ${ledger.producer} was settled twice`)
    }
    const outcome = settled.outcomes[at]!
    ledger.outcomes[sequence] = outcome
    ledger.partitions[sequence] = settled.partitions[at]!
    if (sequence >= ledger.length) ledger.length = sequence + 1
    if (outcome === outcomeCodes.acked) ledger.acked++
    else if (outcome === outcomeCodes.failed) ledger.failed++
    else ledger.unknown++
  }
}

function grow(ledger: ProducerLedger, needed: number): void {
  const capacity = Math.max(needed, ledger.outcomes.length * 2)
  const outcomes = new Uint8Array(capacity)
  outcomes.set(ledger.outcomes)
  const partitions = new Uint16Array(capacity)
  partitions.set(ledger.partitions)
  ledger.outcomes = outcomes
  ledger.partitions = partitions
}
