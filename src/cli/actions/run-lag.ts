import { KbenchError } from '../../base/errors.ts'
import type { Network } from '../../contracts/api.ts'
import { type LagLook, watchLag } from '../../operations/lag.ts'
import { lagLines, lagScreen, lagTable } from '../text/lag-text.ts'
import { untilEnough } from './interruption.ts'

export interface LagOptions {
  group: string[]
  /** ms */
  watch?: number
  /** ms */
  for?: number
  json?: true
}

/** The trend needs four looks. */
const looksForTrend = 4

export async function showLag(network: Network, { group, watch, for: forMs = 3000, json }: LagOptions): Promise<void> {
  const over = untilEnough()
  const lookFor = { groups: [...new Set(group)], signal: over.signal }
  try {
    if (watch === undefined) {
      const last = await lastLook(network, lookFor, forMs)
      if (last === null) throw new KbenchError('interrupted', 'interrupted')
      process.stdout.write(json ? `${JSON.stringify(last, null, 2)}\n` : lagTable(last))
      return
    }
    const show = json
      ? (look: LagLook) => `${JSON.stringify(look)}\n`
      : process.stdout.isTTY
        ? createScreen()
        : lagLines
    await watchLag(network, { ...lookFor, everyMs: watch }, (look) => {
      process.stdout.write(show(look))
      return true
    })
  } finally {
    over.close()
  }
}

async function lastLook(
  network: Network,
  lookFor: { groups: string[]; signal: AbortSignal },
  forMs: number,
): Promise<LagLook | null> {
  let last: LagLook | null = null
  let looks = 0
  const everyMs = forMs / looksForTrend
  await watchLag(network, { ...lookFor, everyMs }, (look) => {
    last = look
    // On a busy machine or a slow way looks are further apart.
    return ++looks < looksForTrend || look.overS * 1000 < forMs - everyMs / 2
  })
  return last
}

/** Writes each look over the one before. */
function createScreen(): (look: LagLook) => string {
  const { stdout } = process
  let lines = 0
  return (look) => {
    const text = lagScreen(look, { columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 })
    const up = lines === 0 ? '' : `\x1b[${lines}A\r`
    lines = text.split('\n').length - 1
    return `${up}\x1b[J${text}`
  }
}
