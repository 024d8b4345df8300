import type { BrokerNode, Network } from '../contracts/api.ts'
import { clientIdOf } from '../kafka/client-id.ts'
import { connectBroker } from '../kafka/wire.ts'

/** How a broker takes a new client: with an answer, with an error (refused, reset), or not at all within the time. */
export interface Handshake {
  kind: 'answered' | 'failed' | 'silent'
  tookMs: number
}

/** Connects and asks for the versions of the protocol, as every client does first. */
export async function handshake(
  network: Network,
  broker: Pick<BrokerNode, 'host' | 'port'>,
  timeoutMs: number,
): Promise<Handshake> {
  const startedMs = performance.now()
  const tookMs = () => performance.now() - startedMs
  try {
    const connection = await connectBroker(network, broker, { clientId: clientIdOf(network, 'faults'), timeoutMs })
    const answered: Handshake = { kind: 'answered', tookMs: tookMs() }
    await connection.close()
    return answered
  } catch {
    // Timers may fire a little early.
    return { kind: tookMs() >= timeoutMs * 0.9 ? 'silent' : 'failed', tookMs: tookMs() }
  }
}
