import type { RunResult } from '../contracts/result.ts'
import { boundText, boundWords } from '../judge/finding-texts.ts'
import { variantLabels } from './_variants.ts'

/** What bound one variant, or all of them (`about` null). */
export interface BoundLine {
  about: string | null
  text: string
}

/** What bound the run, a line per variant, or one for all where it is the same; none where it is not known of any (results with definitions 1). */
export function boundLines(result: RunResult): BoundLine[] {
  const labels = variantLabels(result.variants)
  const lines = result.variants.flatMap(({ bound }, at) =>
    bound ? [{ about: labels[at]!, text: boundText(bound) }] : [],
  )
  const same = lines.length === result.variants.length && new Set(lines.map(({ text }) => text)).size === 1
  return [...sharedLimit(result), ...(same ? [{ about: null, text: lines[0]!.text }] : lines)]
}

/** Several clients that the same limit of the cluster bound: equal numbers do not make them equal. */
export function sharedLimit({ variants }: RunResult): BoundLine[] {
  const known = variants.flatMap(({ bound, params }) => (bound ? [{ by: bound.by, client: params.client }] : []))
  if (new Set(known.map(({ client }) => client)).size < 2) return []
  const limits = (['broker-cpu', 'request-handlers', 'host-cpu', 'disk', 'network', 'quota'] as const).filter((by) =>
    known.every((one) => one.by.includes(by)),
  )
  if (limits.length === 0) return []
  const text = `all clients were bound by ${boundWords(limits)}: equal numbers do not mean that the clients are equal`
  return [{ about: null, text }]
}

export const boundLineText = ({ about, text }: BoundLine): string => (about === null ? text : `${about}: ${text}`)
