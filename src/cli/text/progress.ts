import { formatCount, formatMicros } from '../../base/units.ts'
import type { Progress, Tick } from '../../runners/variant/progress.ts'

export interface LiveProgress extends Progress {
  close(): void
}

export interface ProgressOptions {
  quiet: boolean
  stream: NodeJS.WriteStream
  log: (line: string) => void
}

/** On a terminal the last line is rewritten every second; elsewhere a plain line per stage and every five seconds. */
export function createProgress({ quiet, stream, log }: ProgressOptions): LiveProgress {
  const startMs = performance.now()
  const live = stream.isTTY === true && !quiet
  let liveLine = ''
  let closed = false

  const stamp = () => `${((performance.now() - startMs) / 1000).toFixed(0).padStart(4)} s`
  const erase = () => {
    if (liveLine !== '') stream.write('\r\x1b[K')
    liveLine = ''
  }
  const line = (text: string) => {
    if (quiet || closed) return
    erase()
    stream.write(`${fit(`${stamp()}  ${text}`, live ? stream.columns : null)}\n`)
  }

  return {
    stage(stage, detail) {
      log(`${stage}: ${detail}`)
      line(`${stage.padEnd(stageWidth)} ${detail}`)
    },
    tick(tick) {
      const text = tickText(tick)
      log(text)
      if (quiet || closed) return
      if (!live) {
        if (Math.round(tick.atS) % 5 === 0) line(text)
        return
      }
      liveLine = fit(`${stamp()}  ${text}`, stream.columns)
      stream.write(`\r\x1b[K${liveLine}`)
    },
    log(text) {
      log(text)
      line(text)
    },
    close() {
      erase()
      closed = true
    },
  }
}

/** Of the names of stages; a longer one takes what it needs. */
const stageWidth = 8

function tickText({ variant, phase, atS, sentPerSec, ackedPerSec, responseP99Us, lagRecords }: Tick): string {
  const sent = Math.round(sentPerSec)
  const acked = Math.round(ackedPerSec)
  // One number where they agree: the line has to hold lag too, in 80 columns.
  const agree = Math.abs(sent - acked) <= 0.02 * Math.max(sent, acked)
  const rate = agree ? `${formatCount(acked)} acked/s` : `${formatCount(sent)} sent, ${formatCount(acked)} acked/s`
  const p99 = responseP99Us === null ? '' : `  p99 ${formatMicros(responseP99Us)}`
  const lag = lagRecords === null ? '' : `  lag ${formatCount(lagRecords)}`
  return `${phase.padEnd(stageWidth)} ${variant.replace('client=', '')} ${Math.max(0, Math.round(atS))} s  ${rate}${p99}${lag}`
}

function fit(text: string, columns: number | null): string {
  return columns !== null && text.length > columns - 1 ? `${text.slice(0, columns - 2)}…` : text
}
