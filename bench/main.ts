import { runMicro } from './micro.ts'

const results = await runMicro()
for (const { name, nsPerRecord, limitNs } of results) {
  const verdict = limitNs === null ? '' : nsPerRecord <= limitNs ? `  ok (≤ ${limitNs})` : `  TOO SLOW (> ${limitNs})`
  process.stdout.write(`${nsPerRecord.toFixed(1).padStart(8)} ns/record  ${name}${verdict}\n`)
}
