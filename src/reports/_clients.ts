import { clientColours } from './charts/theme.ts'

/** Clients that always have the same colour, marker and line style, in every run and on every page. */
const fixed = ['kafkajs', 'node-rdkafka', 'confluent-kafka', 'platformatic-kafka']

/** Client → index of its colour, line style and marker; those that kbench does not know take what is free, in their order. */
export function clientLooks(clients: readonly string[]): ReadonlyMap<string, number> {
  const others = [...new Set(clients)].filter((client) => !fixed.includes(client))
  const free = Array.from({ length: clientColours }, (_, at) => at).filter(
    (at) => at >= fixed.length || !clients.includes(fixed[at]!),
  )
  return new Map([
    ...fixed.map((client, at): [string, number] => [client, at]),
    ...others.map((client, at): [string, number] => [client, free[at % free.length] ?? at % clientColours]),
  ])
}
