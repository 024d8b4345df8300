/** Why a provider's clusters cannot have a fault of brokers or topics; null = they can. */
export function refusedWithoutBrokers(provider: string): string | null {
  if (provider === 'local' || provider === 'compose') return null
  if (provider === 'mock') return 'the mock is no Kafka and has no broker processes: only faults of the load work there'
  if (provider === 'fake') return 'a fake cluster has no brokers: only faults of the load work there'
  return refusedOnExternal(provider) ?? `provider ${provider} has no broker that kbench started`
}

/** Why a provider's clusters cannot have a fault of the load's own consumers and producers; null = they can. */
export function refusedOnExternal(provider: string): string | null {
  return provider === 'external'
    ? 'an external cluster is disturbed by nothing but the fault command: what it does is yours to say'
    : null
}
