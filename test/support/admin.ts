import type { Admin } from 'kafkajs'
import type { Network } from '../../src/contracts/api.ts'
import { createKafka } from '../../src/kafka/client.ts'
import { clientIdOf } from '../../src/kafka/client-id.ts'

/** Runs with a connected kafkajs Admin and disconnects it. */
export async function withAdmin<T>(network: Network, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = await connectAdmin(network)
  try {
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

async function connectAdmin(network: Network): Promise<Admin> {
  const kafka = createKafka(network, {
    clientId: clientIdOf(network, 'admin'),
    connectionTimeoutMs: 5000,
    requestTimeoutMs: 30_000,
    retry: { retries: 8, initialRetryTime: 200 },
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    return admin
  } catch (error) {
    await admin.disconnect()
    throw error
  }
}
