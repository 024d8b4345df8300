import protobuf from 'protobufjs'

/** What these tests read of opentelemetry/proto/metrics/v1/metrics.proto and collector/metrics/v1/metrics_service.proto (1.x), with their field numbers. */
const proto = `
syntax = "proto3";
message Request { repeated ResourceMetrics resource_metrics = 1; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeMetrics { repeated Metric metrics = 2; }
message Metric { string name = 1; string unit = 3; oneof data { Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9; } }
message Gauge { repeated NumberDataPoint data_points = 1; }
message Sum { repeated NumberDataPoint data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
message Histogram { repeated HistogramDataPoint data_points = 1; int32 aggregation_temporality = 2; }
message NumberDataPoint { oneof value { double as_double = 4; sfixed64 as_int = 6; } repeated KeyValue attributes = 7; }
message HistogramDataPoint { fixed64 count = 4; optional double sum = 5; repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; repeated KeyValue attributes = 9; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
`

export interface Point {
  attributes: Record<string, unknown>
  value?: number
  count?: number
  bucketCounts?: number[]
}

type Attributes = { key: string; value: Record<string, unknown> }[]
interface Data {
  dataPoints?: { attributes?: Attributes; asDouble?: number; asInt?: number; count?: number; bucketCounts?: number[] }[]
}

/** Metric name → its unit and points, and what the resource says of itself. */
export function readExport(body: Uint8Array) {
  const type = protobuf.parse(proto).root.lookupType('Request')
  const request = type.toObject(type.decode(body), { longs: Number }) as {
    resourceMetrics: {
      resource: { attributes: Attributes }
      scopeMetrics: { metrics: { name: string; unit: string; gauge?: Data; sum?: Data; histogram?: Data }[] }[]
    }[]
  }
  const plain = (attributes: Attributes = []) =>
    Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
  const metrics = new Map<string, { unit: string; points: Point[] }>()
  for (const { name, unit, gauge, sum, histogram } of request.resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap((scope) => scope.metrics),
  )) {
    const points = ((gauge ?? sum ?? histogram)!.dataPoints ?? []).map(
      ({ attributes, asDouble, asInt, count, bucketCounts }): Point => ({
        attributes: plain(attributes),
        value: asDouble ?? asInt ?? 0,
        ...(count === undefined ? {} : { count }),
        ...(bucketCounts === undefined ? {} : { bucketCounts }),
      }),
    )
    metrics.set(name, { unit, points })
  }
  return { metrics, resource: plain(request.resourceMetrics[0]!.resource.attributes) }
}
