import { z } from 'zod'
import { KbenchError, messageOf } from '../base/errors.ts'
import { type Term, terms } from './broker-cpu.ts'
import type { Load } from './load.ts'
import { plainNumber } from './number-text.ts'

const interval = z.object({ value: z.number(), low: z.number(), high: z.number() })

const calibrationSchema = z.object({
  cluster: z.string(),
  environment: z.object({ cpu: z.string() }),
  refused: z.array(z.string()),
  coefficients: z.object({ c0: interval, a: interval, b: interval, c: interval, d: interval }),
})

export type BrokerCalibration = z.infer<typeof calibrationSchema>

/** A file of `kbench calibrate-broker --out`. Throws `usage` for what is none, and for a fit that was refused. */
export function readBrokerCalibration(text: string, file: string): BrokerCalibration {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new KbenchError('usage', `--calibration ${file} is not JSON: ${messageOf(cause)}`, { cause })
  }
  const parsed = calibrationSchema.safeParse(value)
  // A refused fit may have no numbers at all; what is wrong with it is what matters.
  const refused = (value as { refused?: unknown } | null)?.refused
  if (Array.isArray(refused) && refused.length > 0)
    throw new KbenchError('usage', `--calibration ${file} was refused`, { details: refused.map(String) })
  if (parsed.success) return parsed.data
  throw new KbenchError('usage', `--calibration ${file} is no fit of a broker's processor time`, {
    hint: 'kbench calibrate-broker --out writes one',
  })
}

export interface CoresRange {
  low: number
  high: number
}

/** Cores that all brokers need together at the peak, an idle broker's left out, on a target whose cores are so many of the calibrated ones. */
export function calibratedCores(load: Load, { coefficients }: BrokerCalibration, coresPerCore: CoresRange): CoresRange {
  const copies = load.inMBps * (load.replication - 1)
  const amounts: Record<Exclude<Term, 'c0'>, number> = {
    a: load.inMBps,
    b: load.outMBps + copies,
    c: copies,
    // Each produce request is followed by a fetch of every group and of every follower.
    d: (load.inMBps + load.outMBps + copies) * (load.requestsPerMB ?? 0),
  }
  const sum = (end: 'low' | 'high') =>
    terms.reduce(
      (total, term) => total + (term === 'c0' ? 0 : Math.max(0, coefficients[term][end]) * amounts[term]),
      0,
    ) * coresPerCore[end]
  return { low: sum('low'), high: sum('high') }
}

/** The load with the cores that a calibration of another machine expects of it: the upper end is planned with, and it stays an estimate. */
export function withCalibration(
  load: Load,
  calibration: BrokerCalibration,
  coresPerCore: CoresRange,
  file: string,
): Load {
  const { low, high } = calibratedCores(load, calibration, coresPerCore)
  const text = `${file}: ${plainNumber(low)} to ${plainNumber(high)} cores by a fit on ${calibration.environment.cpu}`
  return {
    ...load,
    cpuCores: high,
    idleCores: Math.max(0, calibration.coefficients.c0.high) * coresPerCore.high,
    cpuEstimate: text,
  }
}
