import { kafkaLog } from './audit-log.ts'
import { type FromAudit, serveAudit, type ToAudit } from './audit-serve.ts'
import { leaveSignalsToSupervisor } from './signals.ts'

// Entry of the audit's process: it owns the outcome of every record from the start of the load, and decodes the whole log after it.
const serve = serveAudit((message: FromAudit) => void process.send?.(message), kafkaLog)
process.on('disconnect', () => process.exit(1))
leaveSignalsToSupervisor()
process.on('message', (message: ToAudit) => void serve(message))
