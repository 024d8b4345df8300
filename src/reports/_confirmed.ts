import type { RunResult } from '../contracts/result.ts'

/** Of a search only the confirmed steps: the others failed by design, and are in its table. Other runs as they are. */
export function confirmedOnly(result: RunResult): RunResult {
  if (!result.findMax) return result
  const confirmed = result.findMax.searches.flatMap(({ steps, confirmedPerSec }) =>
    steps
      .filter(
        ({ kind, verdict, ratePerSec }) =>
          kind === 'confirm' && verdict === 'SUSTAINED' && ratePerSec === confirmedPerSec,
      )
      .map(({ variant }) => variant),
  )
  return { ...result, variants: result.variants.filter(({ id }) => confirmed.includes(id)) }
}
