import { parseArgs } from 'node:util'
import { type Line, lineText, verdictOf } from './lines.ts'
import { runMicro } from './micro.ts'
import { runOpponents } from './opponents.ts'
import { outputsLimitMs, timeOutputs } from './outputs.ts'
import { type OverheadResult, runOverhead } from './overhead.ts'
import { planLimitMs, timePlan } from './plan.ts'

// npm run bench [-- --micro | --plan | --outputs | --overhead | --opponents] [--pairs 8] [--seconds 20]

const { values } = parseArgs({
  options: {
    micro: { type: 'boolean' },
    plan: { type: 'boolean' },
    outputs: { type: 'boolean' },
    overhead: { type: 'boolean' },
    opponents: { type: 'boolean' },
    pairs: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '20' },
  },
})
const all = !values.micro && !values.plan && !values.outputs && !values.overhead && !values.opponents
const pairs = Number(values.pairs)
const print = (line: string) => void process.stdout.write(`${line}\n`)
const say = (line: string) => void process.stderr.write(`${line}\n`)

if (values.micro || all) {
  for (const { name, nsPerRecord, limitNs } of await runMicro()) {
    const verdict = limitNs === null ? '' : nsPerRecord <= limitNs ? `  ok, at most ${limitNs}` : `  ABOVE ${limitNs}`
    print(`${nsPerRecord.toFixed(1).padStart(8)} ns/record  ${name}${verdict}`)
  }
}

if (values.plan || all) {
  const ms = timePlan(11)
  const verdict = ms <= planLimitMs ? `ok, at most ${planLimitMs}` : `ABOVE ${planLimitMs}`
  print(`${ms.toFixed(0).padStart(8)} ms         kbench plan, from the call to its end (median of 11)  ${verdict}`)
}

if (values.outputs || all) {
  const ms = await timeOutputs(20)
  const verdict = ms <= outputsLimitMs ? `ok, at most ${outputsLimitMs}` : `ABOVE ${outputsLimitMs}`
  print(`${ms.toFixed(1).padStart(8)} ms/s       all live outputs, and who reads them, in the supervisor  ${verdict}`)
}

const lines: Line[] = []
if (values.overhead || all) lines.push(...(await runOverhead(pairs, say)).map(overheadLine))
if (values.opponents || all) lines.push(...(await runOpponents(pairs, Number(values.seconds), say)))
if (lines.length > 0) {
  print('\nmedian of the pairs and its 95 % interval; a line holds when the median meets its figure and the bound')
  print('on the wrong side is within 8 % of the figure; inconclusive counts as missed')
  if (pairs < 7) print(`FEWER THAN 7 PAIRS (${pairs}): a look, no proof`)
  for (const line of lines) print(lineText(line))
  const missed = lines.filter(({ interval, figure }) => figure !== null && verdictOf(interval, figure) !== 'holds')
  print(`${lines.length - missed.length} of ${lines.length} lines hold`)
}

function overheadLine({ client, sizeBytes, pairs: of, rate, cpu, medianRate }: OverheadResult): Line {
  const { median, low, high } = rate
  return {
    what: `kbench with ${client}, ${sizeBytes} B, CPU per acknowledged record`,
    opponent: 'the bare loop',
    interval: cpu,
    pairs: of,
    figure: { atMost: 1.05 },
    detail: `records/s ${median.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}], ${Math.round(medianRate.kbench)} / ${Math.round(medianRate.bare)}`,
  }
}
