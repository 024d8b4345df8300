import type { ProfileOptions } from './set-option.ts'

/** What the command line gives: records/s, ms. */
export interface FindMaxCommandOptions extends ProfileOptions {
  of?: 'cluster'
  start?: number
  max?: number
  slo: number
  step: number
  results: string
  quiet?: boolean
  yes?: boolean
  json?: boolean
}
