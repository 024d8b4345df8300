import { parseArgs } from 'node:util'
import { runMicro } from './micro.ts'
import { outputsLimitMs, timeOutputs } from './outputs.ts'
import { type OverheadResult, runOverhead } from './overhead.ts'
import { planLimitMs, timePlan } from './plan.ts'

// npm run bench [-- --micro | --plan | --outputs | --overhead] [--pairs 8]

const { values } = parseArgs({
  options: {
    micro: { type: 'boolean' },
    plan: { type: 'boolean' },
    outputs: { type: 'boolean' },
    overhead: { type: 'boolean' },
    pairs: { type: 'string', default: '8' },
  },
})
const all = !values.micro && !values.plan && !values.outputs && !values.overhead
const print = (line: string) => void process.stdout.write(`${line}\n`)

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

if (values.overhead || all) {
  const results = await runOverhead(Number(values.pairs), (line) => void process.stderr.write(`${line}\n`))
  print('\nkbench / bare client loop, median of the pairs and its 95 % interval')
  for (const result of results) print(overheadLine(result))
}

function overheadLine({ client, sizeBytes, pairs, rate, cpu, medianRate }: OverheadResult): string {
  const interval = ({ median, low, high }: typeof rate) =>
    `${median.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`
  const ok = cpu.median <= 1.1 && rate.high >= 0.95 ? 'ok' : 'MISSED'
  return (
    `${client.padEnd(13)}${String(sizeBytes).padStart(5)} B  ${pairs} pairs  ` +
    `records/s ${interval(rate)}  CPU/record ${interval(cpu)}  ` +
    `(${Math.round(medianRate.kbench)} / ${Math.round(medianRate.bare)} records/s)  ${ok}`
  )
}
