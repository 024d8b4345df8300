import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../../src/base/root.ts'
import type { Candidate } from '../../../src/capacity/constraints.ts'
import { type MskTexts, mskFiles, readMskData } from '../../../src/capacity/data.ts'
import { parseInput } from '../../../src/capacity/input.ts'
import { type Load, loadOf } from '../../../src/capacity/load.ts'

export const folder = join(packageRoot, 'src/capacity/msk')
export const texts = Object.fromEntries(
  mskFiles.map((name) => [name, readFileSync(join(folder, `${name}.csv`), 'utf8')]),
) as MskTexts
export const data = readMskData(texts)

/** "express.m7g.large", or "kafka.m7g.4xlarge+pst" at the most, or "+600" at so many MiB/s. */
export function candidate(name: string): Candidate {
  const [type, provisioned] = name.split('+')
  const broker = data.brokers.find((one) => one.type === type)!
  const most = broker.volumeProvisionedMaxMBps
  return {
    broker,
    provisionedMiBps: provisioned === undefined ? null : provisioned === 'pst' ? most : Number(provisioned),
  }
}

/** A load from options as they are written; throws what is wrong with them. */
export function load(options: Readonly<Record<string, unknown>>): Load {
  const { input, problems } = parseInput({ options, file: null })
  if (problems.length > 0) throw new Error(problems.map(({ where, message }) => `${where}: ${message}`).join('\n'))
  return loadOf(input)
}

/** Rows of a data file by the names of its columns, read without the code under test. */
export function rowsOf(file: 'brokers' | 'quotas' | 'prices'): Record<string, string>[] {
  const [head, ...rows] = texts[file].trim().split('\n')
  const columns = head!.split(',')
  return rows.map((row) => Object.fromEntries(row.split(',').map((cell, at) => [columns[at] ?? `more${at}`, cell])))
}
