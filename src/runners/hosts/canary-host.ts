import { systemClock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import { loadPlugin } from '../../registry.ts'
import { type CanaryJob, type FromCanary, serveCanary, type ToCanary } from './canary-serve.ts'

const stop = new AbortController()
const send = (message: FromCanary) => process.connected && process.send?.(message, undefined, undefined, () => {})
const serve = async (job: CanaryJob) =>
  serveCanary(job, {
    driver: await loadPlugin('drivers', 'node-rdkafka'),
    clock: systemClock(),
    stop: stop.signal,
    send,
  })
process.on('disconnect', () => process.exit(1)).on('SIGINT', () => {})
process.on('message', (message: ToCanary) => {
  if (message.type === 'stop') return stop.abort()
  const failed = (error: unknown) => send({ type: 'error', message: messageOf(error) })
  void serve(message.job)
    .catch(failed)
    .finally(() => process.disconnect())
})
