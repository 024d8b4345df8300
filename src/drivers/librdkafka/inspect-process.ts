import { text } from 'node:stream/consumers'
import type { InspectedSettings } from '../../contracts/api.ts'
import { inspectHere } from './inspect.ts'

// Entry of the process that looks at the library: settings on stdin, what was found on stdout.
const settings = JSON.parse(await text(process.stdin)) as InspectedSettings[]
process.stdout.write(JSON.stringify(inspectHere(settings)))
