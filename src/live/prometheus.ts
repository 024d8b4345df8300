import { type Metric, Registry } from 'prom-client'
import { type Listening, listen } from './listen.ts'
import { families, type HistogramSample, latencyBounds, type Measures } from './measures.ts'

/** Serves /metrics in Prometheus' text format. */
export function servePrometheus(measures: Measures, address: { host: string; port: number }): Promise<Listening> {
  const registry = new Registry()
  for (const family of families) {
    const { name, help, type } = family
    // prom-client's own histogram takes one observation at a time; a second's records come as counts.
    const metric = {
      name,
      help,
      type,
      get: async () => {
        const measured = measures.collect().find((one) => one.family === family)!
        const values =
          'samples' in measured ? measured.samples : measured.histograms.flatMap((one) => bucketsOf(name, one))
        return { name, help, type, aggregator: 'sum', values }
      },
      reset: () => {},
    }
    registry.registerMetric(metric as unknown as Metric)
  }
  return listen(address, '--metrics', async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (request.method !== 'GET' || pathname !== '/metrics') {
      response.writeHead(pathname === '/metrics' ? 405 : 404).end('kbench: /metrics\n')
      return
    }
    response.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics())
  })
}

function bucketsOf(name: string, { labels, counts, count, sum }: HistogramSample) {
  let below = 0
  return [
    ...[...latencyBounds, '+Inf' as const].map((le, at) => {
      below += counts[at]!
      return { labels: { ...labels, le: String(le) }, value: below, metricName: `${name}_bucket` }
    }),
    { labels, value: sum, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ]
}
