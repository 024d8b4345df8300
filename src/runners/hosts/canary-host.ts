import { systemClock } from '../../base/clock.ts'
import { loadPlugin } from '../../registry.ts'
import { canaryProcess } from './canary-serve.ts'

/** Entry of the canary's process. */
canaryProcess(process, systemClock(), () => loadPlugin('drivers', 'node-rdkafka'))
