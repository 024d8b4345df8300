import { ValueType } from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  DataPointType,
  MeterProvider,
  type MetricData,
  type MetricProducer,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import { latencyBounds, type Measured, type Measures } from './measures.ts'

const everyMs = 5000
const timeoutMs = 3000

/** Sends the metrics every 5 s, and once more when it is disposed. `say` hears the first failure: a receiver that is away costs nothing but its data. */
export function exportOtlp(
  measures: Measures,
  url: string,
  about: { runId: string; name: string; version: string },
  say: (line: string) => void,
): AsyncDisposable {
  const resource = resourceFromAttributes({
    'service.name': 'kbench',
    'service.version': about.version,
    'kbench.run.id': about.runId,
    'kbench.profile': about.name,
  })
  const started = now()
  const producer: MetricProducer = {
    async collect() {
      const metrics = measures.collect().map((one) => metricData(one, started, now()))
      const scope = { name: 'kbench', version: about.version }
      return { errors: [], resourceMetrics: { resource, scopeMetrics: [{ scope, metrics }] } }
    },
  }
  const exporter = reportingOnce(new OTLPMetricExporter({ url, timeoutMillis: timeoutMs }), url, say)
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: everyMs,
    exportTimeoutMillis: timeoutMs,
    metricProducers: [producer],
  })
  const provider = new MeterProvider({ resource, readers: [reader] })
  return {
    async [Symbol.asyncDispose]() {
      // What failed was reported by the exporter.
      await provider.shutdown({ timeoutMillis: timeoutMs }).catch(() => undefined)
    },
  }
}

/** The exporter, whose first failure is reported in a line. */
function reportingOnce(exporter: OTLPMetricExporter, url: string, say: (line: string) => void): PushMetricExporter {
  let reported = false
  const inner = exporter.export.bind(exporter)
  exporter.export = (metrics, done) =>
    inner(metrics, (result) => {
      if (result.error && !reported) {
        reported = true
        say(`--otlp: ${url} took no metrics: ${result.error.message.split('\n')[0]}`)
      }
      done(result)
    })
  return exporter
}

type Time = [number, number]

function now(): Time {
  const ms = Date.now()
  return [Math.floor(ms / 1000), (ms % 1000) * 1e6]
}

function metricData(measured: Measured, startTime: Time, endTime: Time): MetricData {
  const { otelName: name, help: description, unit, type } = measured.family
  const descriptor = { name, description, unit, valueType: ValueType.DOUBLE, advice: {} }
  const aggregationTemporality = AggregationTemporality.CUMULATIVE
  if ('histograms' in measured) {
    return {
      descriptor,
      aggregationTemporality,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: measured.histograms.map(({ labels, counts, count, sum }) => ({
        startTime,
        endTime,
        attributes: labels,
        value: { buckets: { boundaries: latencyBounds, counts }, count, sum },
      })),
    }
  }
  const dataPoints = measured.samples.map(({ labels, value }) => ({ startTime, endTime, attributes: labels, value }))
  return type === 'counter'
    ? { descriptor, aggregationTemporality, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { descriptor, aggregationTemporality, dataPointType: DataPointType.GAUGE, dataPoints }
}
