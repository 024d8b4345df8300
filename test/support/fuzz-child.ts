import { fuzz, type Kind } from './fuzz-inputs.ts'

// A process of its own, so that its memory is that of the inputs: node fuzz-child.js <kind> <from> <to>

const [kind, from, to] = process.argv.slice(2)
const summary = await fuzz(kind as Kind, Number(from), Number(to))
process.stdout.write(`${JSON.stringify({ ...summary, peakBytes: process.resourceUsage().maxRSS * 1024 })}\n`)
