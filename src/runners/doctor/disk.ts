import { resolve } from 'node:path'
import { formatBytes } from '../../base/units.ts'
import { freeBytesOf, neededBytes } from '../run/disk-space.ts'
import { defineCheck, lines } from './check.ts'

export interface Disk {
  folder: string
  freeBytes: number
  /** What the run writes there; null = nobody knows, for it goes as fast as it can. */
  needBytes: number | null
}

/** Deleted topics stay on the disk for a while (file.delete.delay.ms), and segments come whole. */
const spare = 2

/** Free space where results go, against recordings and, with brokers on this machine, their logs. */
export default defineCheck<Disk>({
  id: 'disk',
  subject: 'free disk space',
  of: 'machine',

  async look({ results, run, target }) {
    const folder = resolve(results)
    const profiles = run.variants.map(({ profile }) => profile)
    return { folder, freeBytes: await freeBytesOf(folder), needBytes: neededBytes(profiles, target === null) }
  },

  judge({ folder, freeBytes, needBytes }) {
    const { ok, warning, failure, unknown } = lines('disk')
    const subject = `free disk space in ${folder}`
    const free = formatBytes(freeBytes)
    if (needBytes === null) return [unknown(subject, `${free}; at rate max nobody knows how much is written`)]
    const text = `${free}; the run writes about ${formatBytes(needBytes)}`
    const remedy = 'make room, write elsewhere with --results, or lower load.rate, phases or topic.replicationFactor'
    if (freeBytes < needBytes) return [failure(subject, text, remedy)]
    return [freeBytes < spare * needBytes ? warning(subject, text, remedy) : ok(subject, text)]
  },
})
