import { redacted } from '../../base/secrets.ts'
import { formatCount, formatMicros } from '../../base/units.ts'
import { isVerbose } from '../../base/verbose.ts'
import { plain } from '../../reports/_text.ts'
import type { Progress, Tick } from '../../runners/variant/progress.ts'
import { liveLines } from './live-view.ts'

export interface LiveProgress extends Progress {
  close(): void
}

export interface ProgressOptions {
  quiet: boolean
  stream: NodeJS.WriteStream
  log: (line: string) => void
  /** Ids of the plan's variants, in order. */
  variants?: readonly string[]
  env?: NodeJS.ProcessEnv
}

/** Seconds that the view remembers. */
const historyAtMost = 120

/**
 * On a terminal a view of several lines that is drawn again every second, below the lines of what was done. Elsewhere, and on one that cannot
 * move its cursor (TERM=dumb): a plain line per stage and every five seconds.
 */
export function createProgress({
  quiet,
  stream,
  log,
  variants = [],
  env = process.env,
}: ProgressOptions): LiveProgress {
  const startMs = performance.now()
  const sinceS = () => (performance.now() - startMs) / 1000
  // Lines of --verbose come whenever they like.
  const live = stream.isTTY === true && !quiet && env.TERM !== 'dumb' && !isVerbose()
  let drawn = 0
  let closed = false
  let now = { stage: '', detail: '' }
  let history: Tick[] = []

  const erase = () => {
    if (drawn > 0) stream.write(`\r${drawn > 1 ? `\x1b[${drawn - 1}A` : ''}\x1b[J`)
    drawn = 0
  }
  const draw = () => {
    if (!live || closed || history.length === 0) return
    // A terminal lower than the view would scroll, and its lines could not be found again.
    const rows = Math.max(1, (stream.rows ?? 24) - 1)
    const tick = history.at(-1)!
    const view = { sinceS: sinceS(), ...now, variants, tick, history, columns: stream.columns ?? 80 }
    // Without colours: all of it is text.
    const lines = liveLines(view).slice(0, rows).map(shown)
    erase()
    stream.write(lines.join('\n'))
    drawn = lines.length
  }
  const line = (text: string) => {
    if (quiet || closed) return
    erase()
    const stamp = `${sinceS().toFixed(0).padStart(4)} s`
    stream.write(`${fit(`${stamp}  ${shown(text)}`, live ? (stream.columns ?? null) : null)}\n`)
  }
  // What was drawn for another width is broken into other lines: nothing of it can be found again.
  const onResize = () => {
    if (drawn === 0) return
    drawn = 0
    stream.write('\x1b[2J\x1b[H')
    draw()
  }
  if (live) stream.on('resize', onResize)

  return {
    stage(stage, detail) {
      log(`${stage}: ${detail}`)
      now = { stage, detail }
      history = []
      line(`${stage.padEnd(stageWidth)} ${detail}`)
    },
    tick(tick) {
      const text = tickText(tick)
      log(text)
      if (quiet || closed) return
      if (history.at(-1)?.variant !== tick.variant) history = []
      history = [...history, tick].slice(-historyAtMost)
      if (live) draw()
      else if (isVerbose() || Math.round(tick.atS) % 5 === 0) line(text)
    },
    log(text) {
      log(text)
      line(text)
      draw()
    },
    close() {
      if (closed) return
      erase()
      closed = true
      stream.off('resize', onResize)
    },
  }
}

/** What clusters, clients and profiles say, in one line that does nothing on a terminal, without secrets. */
const shown = (text: string): string => redacted(plain(text))

/** Of the names of stages; a longer one takes what it needs. */
const stageWidth = 8

function tickText({ variant, phase, atS, sentPerSec, ackedPerSec, responseP99Us, lagRecords, faults }: Tick): string {
  const sent = Math.round(sentPerSec)
  const acked = Math.round(ackedPerSec)
  // One number where they agree: the line has to hold lag too, in 80 columns.
  const agree = Math.abs(sent - acked) <= 0.02 * Math.max(sent, acked)
  const rate = agree ? `${formatCount(acked)} acked/s` : `${formatCount(sent)} sent, ${formatCount(acked)} acked/s`
  const p99 = responseP99Us === null ? '' : `  p99 ${formatMicros(responseP99Us)}`
  const lag = lagRecords === null ? '' : `  lag ${formatCount(lagRecords)}`
  const fault = faults.length === 0 ? '' : `  fault ${faults.join(', ')}`
  return `${phase.padEnd(stageWidth)} ${variant.replace('client=', '')} ${Math.max(0, Math.round(atS))} s  ${rate}${p99}${lag}${fault}`
}

function fit(text: string, columns: number | null): string {
  return columns !== null && text.length > columns - 1 ? `${text.slice(0, columns - 2)}…` : text
}
